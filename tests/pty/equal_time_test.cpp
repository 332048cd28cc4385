// Whoever fails is answered alike, and no sooner than the delay says: by text, by
// time, and whatever they do meanwhile.
#include "common/program.hpp"
#include "common/signals.hpp"
#include "common/terminal.hpp"
#include "login/authenticate.hpp"
#include "login/shadow_gate.hpp"
#include "login/terminal_conversation.hpp"
#if TTYGATE_WITH_PAM
#include "login/pam_gate.hpp"
#endif
#include "tests/common/pty_pair.hpp"
#include "tests/pty/dialogue.hpp"
#include "tests/pty/test_world.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <pthread.h>
#include <sys/ioctl.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace {

using Milliseconds = std::chrono::duration<double, std::milli>;
using Samples = std::vector<double>;

/// Who fails, and why. The names are of one length: they are part of what is seen.
struct Person {
    std::string name;
    std::string why;
};

const std::vector<Person> people{
    {"ann", "wrong"}, {"lou", "locked"}, {"old", "expired"}, {"unk", "unknown"}};

void add_people(const pty::World& world) {
    pty::add_person(world, {.name = "ann", .user = 1001, .password = "secret"});
    pty::add_person(world,
                    {.name = "lou", .user = 1002, .password_field = "!" + pty::hashed("secret")});
    pty::add_person(world, {.name = "old", .user = 1003, .password = "secret", .expiry = 1});
}

double median(Samples samples) {
    std::sort(samples.begin(), samples.end());
    return samples.at(samples.size() / 2);
}

/// The two-sample statistic of Kolmogorov and Smirnov: the largest distance
/// between the two distributions, from 0 to 1.
double distance_between(Samples left, Samples right) {
    std::sort(left.begin(), left.end());
    std::sort(right.begin(), right.end());
    double largest = 0;
    for (const double value : left) {
        const auto share = [value](const Samples& samples) {
            const auto end = std::upper_bound(samples.begin(), samples.end(), value);
            return static_cast<double>(end - samples.begin()) / static_cast<double>(samples.size());
        };
        largest = std::max(largest, std::abs(share(left) - share(right)));
    }
    return largest;
}

#if TTYGATE_WITH_PAM
/// A stack for each try: pam_unix lets one make no more than three.
class FreshPamGate : public login::Gate {
  public:
    FreshPamGate(login::Conversation& talk, std::string line)
        : talk_(talk), line_(std::move(line)) {}

    login::Verdict admits(const std::string& name) override {
        login::PamGate gate{talk_, {.line = line_}};
        return gate.admits(name);
    }
    void trust(const std::string& /*name*/) override {}
    std::optional<login::Refusal> require_valid_account() override { return std::nullopt; }
    [[nodiscard]] std::string user_name() const override { return {}; }
    [[nodiscard]] bool has_rules_of_its_own() const override { return true; }
    void open_session(login::Greeting /*greeting*/) override {}
    common::Environment environment() override { return {}; }
    void forget_in_child() noexcept override {}
    void close_session() noexcept override {}

  private:
    login::Conversation& talk_;
    std::string line_;
};
#endif

/// What else this machine does shall not be measured: where that may be had, the
/// calling thread goes before all others.
void go_first() {
    const sched_param first{.sched_priority = 1};
    ::pthread_setschedparam(::pthread_self(), SCHED_FIFO, &first);
}

/// One gate's login on a line, and somebody who fails at it as often as wanted:
/// both in this process, with a grid that lets them be quick.
class Failing {
  public:
    Failing(pty::Gate gate, std::chrono::milliseconds grid, unsigned tries_each)
        : gate_(gate), tries_each_(tries_each) {
        settings_.answer_grid = grid;
        settings_.fail_delay = 0s;
        settings_.login_timeout = 0s;
        settings_.login_retries = 100'000;
    }

    void run() {
        go_first();
        std::thread login{[this] { be_login(); }};
        try {
            be_somebody();
        } catch (const std::exception& problem) {
            complaint_ += problem.what();
        }
        line_.close_master();
        login.join();
        is_over_ = true;
    }

    [[nodiscard]] bool is_over() const { return is_over_; }
    /// What went wrong with the test itself.
    [[nodiscard]] const std::string& complaint() const { return complaint_; }
    [[nodiscard]] const Samples& times(const Person& person) const {
        return times_.at(person.name);
    }
    /// What was seen from the name on, without the name.
    [[nodiscard]] const std::string& text(const Person& person) const {
        return texts_.at(person.name);
    }

  private:
    std::unique_ptr<login::Gate> make_gate(login::Conversation& talk) {
#if TTYGATE_WITH_PAM
        if (gate_ == pty::Gate::pam) {
            return std::make_unique<FreshPamGate>(talk, line_.path());
        }
#endif
        return std::make_unique<login::ShadowGate>(
            talk, settings_.empty_passwords, login::system_accounts({}, {}, 60s));
    }

    void be_login() {
        go_first();
        try {
            const auto terminal = common::Terminal::open(line_.path());
            common::SignalQueue signals{SIGHUP, SIGTERM};
            login::TerminalConversation talk{terminal, signals};
            const login::Line line{.path = line_.path()};
            const auto gate = make_gate(talk);
            login::authenticate(*gate, talk, line, {.plain_prompt = true}, settings_);
        } catch (const common::Leave&) {
            // The person has gone.
        } catch (const std::exception& problem) {
            complaint_ = problem.what();
        }
    }

    /// Reads up to the end of this text.
    std::string read_to(std::string_view text) {
        const auto end = std::chrono::steady_clock::now() + 60s;
        while (unread_.find(text) == std::string::npos) {
            if (std::chrono::steady_clock::now() > end) {
                throw std::runtime_error{"no " + std::string{text} + " in: " + unread_};
            }
            std::array<char, 256> part{};
            pollfd source{.fd = line_.master(), .events = POLLIN, .revents = 0};
            ::poll(&source, 1, 100);
            const auto size = ::read(line_.master(), part.data(), part.size());
            unread_.append(part.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
        }
        const auto size = unread_.find(text) + text.size();
        const std::string seen = unread_.substr(0, size);
        unread_.erase(0, size);
        return seen;
    }

    void be_somebody() {
        read_to("login: ");
        for (unsigned i = 0; i < tries_each_ * people.size(); ++i) {
            const Person& person = people.at(i % people.size());
            static_cast<void>(line_.type(person.name + "\r"));
            std::string text = read_to("Password: ");
            static_cast<void>(line_.type("not-the-password\r"));
            const auto typed = std::chrono::steady_clock::now();
            text += read_to("incorrect");
            const Milliseconds took = std::chrono::steady_clock::now() - typed;
            text += read_to("login: ");
            text.replace(text.find(person.name), person.name.size(), "NAME");
            times_[person.name].push_back(took.count());
            auto [known, is_new] = texts_.emplace(person.name, text);
            // What differs once differs.
            if (!is_new && known->second != text) {
                known->second += "\nBUT ALSO\n" + text;
            }
        }
    }

    pty::Gate gate_;
    unsigned tries_each_;
    login::Settings settings_{};
    tests::PtyPair line_{};
    std::map<std::string, Samples> times_{};
    std::map<std::string, std::string> texts_{};
    std::string unread_{};
    std::string complaint_{};
    std::atomic<bool> is_over_ = false;
};

unsigned tries_wanted() {
    const char* const wanted = std::getenv("TTYGATE_EQUAL_TIME_TRIES");
    return wanted != nullptr ? static_cast<unsigned>(std::strtoul(wanted, nullptr, 10)) : 30;
}

/// The largest difference of two medians.
double spread_of(const Failing& failing) {
    Samples medians;
    for (const Person& person : people) {
        medians.push_back(median(failing.times(person)));
    }
    const auto [least, most] = std::minmax_element(medians.begin(), medians.end());
    return *most - *least;
}

void report(pty::Gate gate, const Failing& failing) {
    std::string text = name_of(gate) + ":";
    for (const Person& person : people) {
        text += " " + person.why + " " + std::to_string(median(failing.times(person))) + " ms";
        if (person.why != "wrong") {
            text += " (distance " +
                    std::to_string(
                        distance_between(failing.times(people.front()), failing.times(person))) +
                    ")";
        }
    }
    MESSAGE(text);
}

}  // namespace

TEST_CASE("unknown, locked, expired and wrong: one text and one time, in both gates (T-22)") {
    // A machine that is busy with other things can make one measurement useless,
    // and does not make a difference that is there go away.
    constexpr int measurements = 10;
    constexpr double limit = 1.0 * pty::slowness;
    pty::TestWorld world;
    add_people(world);
    std::vector<pty::Gate> left = pty::gates();
    for (int i = 0; i < measurements && !left.empty(); ++i) {
        std::list<Failing> all;
        std::vector<std::thread> threads;
        for (const pty::Gate gate : left) {
            Failing& failing = all.emplace_back(gate, 60ms * pty::slowness, tries_wanted());
            threads.emplace_back([&failing] { failing.run(); });
        }
        // The log is read meanwhile.
        pty::wait_until(
            [&] {
                return std::all_of(
                    all.begin(), all.end(), [](const auto& f) { return f.is_over(); });
            },
            std::chrono::minutes{5});
        for (std::thread& thread : threads) {
            thread.join();
        }
        std::vector<pty::Gate> unequal;
        auto failing = all.begin();
        for (const pty::Gate gate : left) {
            CAPTURE(name_of(gate));
            REQUIRE(failing->complaint() == "");
            report(gate, *failing);
            for (const Person& person : people) {
                CAPTURE(person.why);
                CHECK(failing->text(person) == failing->text(people.front()));
            }
            if (spread_of(*failing) > limit) {
                unequal.push_back(gate);
            }
            ++failing;
        }
        left = unequal;
    }
    CHECK(left.empty());
}

TEST_CASE("whole programs say the same to unknown, locked, expired and wrong (T-22)") {
    for (const auto gate : pty::gates()) {
        CAPTURE(name_of(gate));
        const pty::TestWorld world;
        choose_gate(world, gate);
        add_people(world);
        std::list<pty::Visit> visits;
        for (const Person& person : people) {
            pty::Visit& visit = visits.emplace_back(person.why);
            visit.line.expect("login: ");
            visit.line.send(person.name + "\r");
            visit.line.expect("Password: ");
            visit.line.send("not-the-password\r");
        }
        std::string first;
        for (pty::Visit& visit : visits) {
            CAPTURE(visit.what);
            visit.line.expect("login: ");
            std::string seen = visit.line.transcript();
            seen.erase(0, seen.find("login: "));
            seen.erase(seen.find("login: ") + 7, 3);
            first = first.empty() ? seen : first;
            CHECK(seen == first);
        }
    }
}

TEST_CASE("a line takes no more tries in a minute for being hung up or its login killed (T-23)") {
    struct Way {
        std::string what;
        std::function<void(const pty::Line& line, const pty::Process& login)> leave;
    };
    const std::vector<Way> ways{
        {"SIGKILL", [](const auto&, const auto& login) { login.signal(SIGKILL); }},
        {"SIGTERM", [](const auto&, const auto& login) { login.signal(SIGTERM); }},
        {"a hang-up", [](const auto& line, const auto&) {
             const common::UniqueFd slave{
                 ::open(line.path().c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC)};
             ::ioctl(slave.get(), TIOCVHANGUP);
         }}};
    constexpr int rounds = 2;
    constexpr std::size_t lines = 8;
    constexpr auto delay = 1s;
    for (const Way& way : ways) {
        CAPTURE(way.what);
        const pty::TestWorld world;
        choose_gate(world, pty::gates().back());
        world.append_file("/etc/ttygate/login.conf", "FAIL_DELAY 1\n");
        add_people(world);
        std::list<pty::Line> all(lines);
        std::map<std::string, std::vector<pty::Clock::time_point>> asked;
        for (int round = 0; round < rounds; ++round) {
            std::list<pty::Process> logins;
            for (pty::Line& line : all) {
                logins.push_back(start_getty(line));
                line.expect("login: ");
                line.send("ann\r");
            }
            const std::size_t failures = world.btmp().size();
            for (pty::Line& line : all) {
                line.expect("Password: ");
                asked[line.name()].push_back(pty::Clock::now());
                line.send("wrong\r");
            }
            // Once the failure is known, whoever tried leaves.
            CHECK(pty::wait_until([&] { return world.btmp().size() == failures + lines; }));
            auto login = logins.begin();
            for (const pty::Line& line : all) {
                way.leave(line, *login);
                ++login;
            }
            for (pty::Process& gone : logins) {
                gone.wait_exit();
            }
        }
        for (const auto& [name, times] : asked) {
            const std::string& line = name;  // clang 14 captures no binding
            CAPTURE(line);
            CHECK(times.size() == rounds);
            CHECK(times.back() - times.front() >= (rounds - 1) * delay);
        }
    }
}
