#pragma once

namespace getty {

/// getty(8), EXIT STATUS. 1 is a wrong command line.
enum ExitStatus : int {
    left = 0,         ///< nobody typed a name, or ^D
    bad_speed = 2,    ///< the line cannot have this speed
    no_terminal = 3,  ///< what was named is no terminal
    line_failed = 4,  ///< the line did not do what was asked of it
    no_login = 5,     ///< the login program could not be run
};

}  // namespace getty
