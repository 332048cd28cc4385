#include "tests/testing.hpp"

int main(int argc, char** argv) {
    return tests::run(argc, argv);
}
