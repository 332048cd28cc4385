#include "getty/dump.hpp"

#include "common/safe_text.hpp"
#include "getty/getty_conf.hpp"
#include "getty/option_table.hpp"
#include "getty/table_text.hpp"

#include <algorithm>
#include <array>

namespace getty {

namespace {

struct Value {
    std::string key{};
    std::string text{};  ///< the whole row
    std::string place{};
};

bool adds_up(std::string_view key) {
    return key == "environment" || key == "modes" || key == "initial-modes";
}

/// What is no setting of a line: a task, or a part of one.
bool is_setting(const OptionEntry& entry) {
    constexpr auto tasks = std::to_array<std::string_view>({"show-issue",
                                                            "reload",
                                                            "check",
                                                            "dump",
                                                            "check-table",
                                                            "table-format",
                                                            "json",
                                                            "8bits",
                                                            "nohangup"});
    return entry.apply != nullptr &&
           std::find(tasks.begin(), tasks.end(), entry.rule.name) == tasks.end();
}

/// The name an option is listed under: some have two.
std::string_view listed_name(std::string_view name) {
    if (name == "loginprog") {
        return "login-program";
    }
    return name == "loginpause" ? "login-pause" : name;
}

bool is_setting(std::string_view name) {
    const auto table = option_table();
    const auto entry = std::find_if(
        table.begin(), table.end(), [=](const OptionEntry& e) { return e.rule.name == name; });
    return entry != table.end() && is_setting(*entry);
}

void take(std::vector<Value>& values, const PlacedProfile& said) {
    LineProfile profile = said.profile;
    profile.label.clear();
    const std::string text = write_getty_conf(profile);
    std::vector<Value> taken;
    for (const TableLine& line : lines_of(text)) {
        taken.push_back({.key = std::string{trimmed(line.text.substr(0, line.text.find('=')))},
                         .text = std::string{line.text},
                         .place = said.place});
    }
    values.erase(std::remove_if(values.begin(),
                                values.end(),
                                [&](const Value& value) {
                                    return !adds_up(value.key) &&
                                           std::any_of(
                                               taken.begin(), taken.end(), [&](const Value& newer) {
                                                   return newer.key == value.key;
                                               });
                                }),
                 values.end());
    values.insert(values.end(), taken.begin(), taken.end());
}

}  // namespace

PlacedProfile defaults(const Options& built_in, std::string_view terminal_type) {
    PlacedProfile said{.place = "default"};
    LineProfile& profile = said.profile;
    profile.console_speed = true;
    profile.terminal_type = terminal_type;
    for (const OptionEntry entry : option_table()) {
        if (entry.rule.argument == common::Argument::none && !entry.rule.help.empty() &&
            is_setting(entry)) {
            set_option(profile, entry.rule.name, "no");
        }
    }
    set_option(profile, "login-program", built_in.login_program);
    set_option(profile, "local-line", "auto");
    set_option(profile, "break", "cycle");
    set_option(profile, "break-quiet", std::to_string(built_in.break_quiet.count()));
    set_option(profile, "issue-style", "agetty");
    set_option(profile, "delay", std::to_string(built_in.delay.count()));
    set_option(profile, "timeout", std::to_string(built_in.timeout.count()));
    set_option(profile, "autologin-grace", std::to_string(built_in.autologin_grace.count()));
    set_option(profile, "nice", std::to_string(built_in.nice));
    return said;
}

PlacedProfile said_by_operands(const Options& given) {
    PlacedProfile said{.place = "command line"};
    said.profile.speeds = given.speeds;
    said.profile.console_speed = given.console_speed;
    if (!given.terminal_type.empty()) {
        said.profile.terminal_type = given.terminal_type;
    }
    const LineSetup& setup = given.setup;
    said.profile.initial_modes.control = {.touched = setup.control_set | setup.control_cleared,
                                          .bits = setup.control_set};
    said.profile.login_modes = said.profile.initial_modes;
    return said;
}

std::vector<PlacedProfile> said_by_options(std::span<const OptionSetting> given,
                                           std::span<const OptionSetting> credentials) {
    std::vector<PlacedProfile> said;
    for (const OptionSetting& setting : given) {
        std::string place = "command line";
        if (const auto same = std::find(credentials.begin(), credentials.end(), setting);
            same != credentials.end()) {
            place = "credential agetty." + setting.name;
            credentials =
                credentials.subspan(static_cast<std::size_t>(same - credentials.begin()) + 1);
        }
        if (is_setting(setting.name)) {
            LineProfile profile;
            set_option(profile, listed_name(setting.name), setting.value);
            said.push_back({.place = std::move(place), .profile = std::move(profile)});
        }
    }
    return said;
}

std::string dump_of(std::string_view line, std::span<const PlacedProfile> places) {
    std::vector<Value> values;
    for (const PlacedProfile& said : places) {
        take(values, said);
    }
    std::string text = line.empty() ? "" : "[" + common::safe_text(line) + "]\n";
    std::string_view place;
    for (const Value& value : values) {
        if (value.place != place) {
            text += "# " + common::safe_text(value.place) + "\n";
            place = value.place;
        }
        text += value.text + "\n";
    }
    return text;
}

}  // namespace getty
