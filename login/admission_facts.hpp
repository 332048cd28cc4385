#pragma once

#include "login/admission.hpp"
#include "login/gate.hpp"
#include "login/line.hpp"
#include "login/options.hpp"
#include "login/settings.hpp"

namespace login {

/// Looks at the machine and decides by admission.hpp whether a person whom the
/// gate let in gets a session on this line.
[[nodiscard]] std::optional<Refusal> reason_to_refuse(const common::User& user,
                                                      const Gate& gate,
                                                      const Line& line,
                                                      const Options& options,
                                                      const Settings& settings);

/// The nologin file's text, if the machine is closed and the gate leaves that
/// to us. A file that is there but cannot be read closes it too.
[[nodiscard]] std::optional<std::string> nologin_text(const Gate& gate, const Settings& settings);

}  // namespace login
