#include "common/completions.hpp"

#include <algorithm>

namespace common {

namespace {

std::string replaced(std::string text, std::string_view what, std::string_view instead) {
    for (auto at = text.find(what); at != text.npos; at = text.find(what, at + instead.size())) {
        text.replace(at, what.size(), instead);
    }
    return text;
}

/// A word for a shell, in single quotes.
std::string in_quotes(std::string_view text) {
    return "'" + replaced(std::string{text}, "'", "'\\''") + "'";
}

std::string joined(const std::vector<std::string>& words, std::string_view separator) {
    std::string text;
    for (const std::string& word : words) {
        text.append(text.empty() ? "" : separator).append(word);
    }
    return text;
}

std::vector<std::string> forms_of(const CompletedOption& option) {
    std::vector<std::string> forms;
    for (const std::string& form : {option.short_form, option.long_form}) {
        if (!form.empty()) {
            forms.push_back(form);
        }
    }
    return forms;
}

/// A name for shell functions: "ttygate-getty" gives "_ttygate_getty".
std::string function_of(const CompletedProgram& program) {
    return "_" + replaced(program.name, "-", "_");
}

std::string filled(std::string_view text, const CompletedProgram& program) {
    return replaced(
        replaced(std::string{text}, "@PROGRAM@", program.name), "@FUNCTION@", function_of(program));
}

/// All forms of the options that take this kind of argument, for a `case`.
std::string pattern_of(const CompletedProgram& program, Argument argument) {
    std::vector<std::string> forms;
    for (const CompletedOption& option : program.options) {
        if (option.argument == argument) {
            const auto of_option = forms_of(option);
            forms.insert(forms.end(), of_option.begin(), of_option.end());
        }
    }
    // A pattern that nothing fits, where there is no such option.
    return forms.empty() ? "''" : joined(forms, " | ");
}

bool offers(const CompletedProgram& program, Offer offer) {
    return std::any_of(program.operands.begin(), program.operands.end(), [offer](const auto& all) {
        return std::any_of(
            all.begin(), all.end(), [offer](const Offered& one) { return one.offer == offer; });
    });
}

constexpr std::string_view head =
    "# Completion of @PROGRAM@, written from its table of options when it was built.\n";

// --- what bash and zsh run alike ---

constexpr std::string_view list_lines = R"(
@FUNCTION@_lines() {
    local path
    for path in /sys/class/tty/*; do
        case ${path##*/} in
            '*' | ptmx | tty | tty0) ;;
            *) printf '%s\n' "${path##*/}" ;;
        esac
    done
    printf '%s\n' - @console
}
)";

constexpr std::string_view list_types = R"(
@FUNCTION@_types() {
    local path
    for path in ~/.terminfo/*/* /etc/terminfo/*/* /lib/terminfo/*/* /usr/share/terminfo/*/*; do
        [[ ${path##*/} == '*' ]] || printf '%s\n' "${path##*/}"
    done
}
)";

std::string lists_of(const CompletedProgram& program) {
    std::string text;
    text += offers(program, Offer::lines) ? filled(list_lines, program) : "";
    text += offers(program, Offer::terminal_types) ? filled(list_types, program) : "";
    return text;
}

// --- bash ---

constexpr std::string_view bash_walk = R"(
@FUNCTION@() {
    local word=${COMP_WORDS[COMP_CWORD]} option='' ended=''
    local -i at operand=0
    COMPREPLY=()
    # Bash makes = a word of its own.
    for ((at = 1; at < COMP_CWORD; ++at)); do
        option=''
        if [[ $ended ]]; then
            operand+=1
            continue
        fi
        case ${COMP_WORDS[at]} in
            --) ended=yes ;;
            @REQUIRED@)
                option=${COMP_WORDS[at]}
                at+=1
                [[ ${COMP_WORDS[at]} == = ]] && at+=1
                ;;
            @ATTACHED@)
                if [[ ${COMP_WORDS[at + 1]} == = ]]; then
                    option=${COMP_WORDS[at]}
                    at+=2
                fi
                ;;
            -?*) ;;
            *) operand+=1 ;;
        esac
    done
    ((at > COMP_CWORD)) || option=''
    [[ $word == = ]] && word=''
    case $option in
        '') ;;
)";

std::string bash_offer(const CompletedProgram& program, const Offered& offered) {
    switch (offered.offer) {
        case Offer::nothing: return ":";
        case Offer::choices:
            return "compgen -W " + in_quotes(joined(offered.choices, " ")) + " -- \"$word\"";
        case Offer::users: return "compgen -u -- \"$word\"";
        case Offer::files: return "compgen -f -- \"$word\"";
        case Offer::directories: return "compgen -d -- \"$word\"";
        case Offer::lines:
            return "compgen -W \"$(" + function_of(program) + "_lines)\" -- \"$word\"";
        case Offer::terminal_types:
            return "compgen -W \"$(" + function_of(program) + "_types)\" -- \"$word\"";
    }
    return ":";
}

std::string bash_reply(const std::string& commands) {
    return "mapfile -t COMPREPLY < <(" + commands + ")";
}

std::string bash_completions(const CompletedProgram& program) {
    std::string text = filled(head, program) + lists_of(program);
    text += replaced(
        replaced(filled(bash_walk, program), "@REQUIRED@", pattern_of(program, Argument::required)),
        "@ATTACHED@",
        pattern_of(program, Argument::attached));
    std::vector<std::string> all_forms;
    for (const CompletedOption& option : program.options) {
        const auto forms = forms_of(option);
        all_forms.insert(all_forms.end(), forms.begin(), forms.end());
        if (option.value.offer == Offer::nothing) {
            continue;
        }
        const bool is_path =
            option.value.offer == Offer::files || option.value.offer == Offer::directories;
        text += "        " + joined(forms, " | ") + ")\n";
        text += is_path ? "            compopt -o filenames 2>/dev/null\n" : "";
        text += "            " + bash_reply(bash_offer(program, option.value)) + "\n";
        text += "            return\n            ;;\n";
    }
    text += "        *) return 0 ;;\n    esac\n";
    text += "    if [[ ! $ended && $word == -* ]]; then\n        " +
            bash_reply("compgen -W " + in_quotes(joined(all_forms, " ")) + " -- \"$word\"") +
            "\n        return\n    fi\n    case $operand in\n";
    for (std::size_t i = 0; i < program.operands.size(); ++i) {
        std::vector<std::string> commands;
        for (const Offered& offered : program.operands[i]) {
            commands.push_back(bash_offer(program, offered));
        }
        text +=
            "        " + std::to_string(i) + ") " + bash_reply(joined(commands, "; ")) + " ;;\n";
    }
    return text + filled("    esac\n}\n\ncomplete -F @FUNCTION@ @PROGRAM@\n", program);
}

// --- zsh ---

std::string zsh_offer(const CompletedProgram& program, const Offered& offered) {
    switch (offered.offer) {
        case Offer::nothing: return " ";
        case Offer::choices: return "(" + joined(offered.choices, " ") + ")";
        case Offer::users: return "_users";
        case Offer::files: return "_files";
        case Offer::directories: return "_files -/";
        case Offer::lines: return "compadd -a " + function_of(program) + "_all_lines";
        case Offer::terminal_types: return "compadd -a " + function_of(program) + "_all_types";
    }
    return " ";
}

/// In a specification of _arguments, brackets and colons mean something.
std::string zsh_text(std::string text) {
    for (const std::string_view special : {"\\", "[", "]", ":"}) {
        text = replaced(std::move(text), special, "\\" + std::string{special});
    }
    return text;
}

std::string zsh_option(const CompletedProgram& program, const CompletedOption& option) {
    const auto forms = forms_of(option);
    std::string text;
    for (const std::string& form : forms) {
        const bool is_long = form == option.long_form;
        // An optional value stands behind the = of the long form only.
        const bool takes_value =
            option.argument == Argument::required || (option.argument != Argument::none && is_long);
        std::string specification = "(" + joined(forms, " ") + ")" + form;
        if (takes_value) {
            specification += !is_long ? "+" : option.argument == Argument::attached ? "=-" : "=";
        }
        specification += "[" + zsh_text(option.help) + "]";
        if (takes_value) {
            specification += option.argument == Argument::attached ? "::" : ":";
            specification += zsh_text(option.value_name) + ":" + zsh_offer(program, option.value);
        }
        text += " \\\n        " + in_quotes(specification);
    }
    return text;
}

std::string zsh_operand(const CompletedProgram& program,
                        std::size_t number,
                        const std::vector<Offered>& all) {
    std::string actions;
    for (const Offered& offered : all) {
        actions += "    ";
        if (offered.offer == Offer::choices) {
            actions += "compadd -- " + joined(offered.choices, " ");
        } else {
            actions += zsh_offer(program, offered);
        }
        actions += "\n";
    }
    return "\n" + function_of(program) + "_operand_" + std::to_string(number) + "() {\n" + actions +
           "}\n";
}

std::string zsh_completions(const CompletedProgram& program) {
    const std::string function = function_of(program);
    std::string text = filled("#compdef @PROGRAM@\n", program) + filled(head, program);
    // Its globs that fit nothing are errors unless told otherwise.
    text += replaced(lists_of(program),
                     "    local path\n",
                     "    setopt local_options null_glob\n    local path\n");
    std::string operands;
    for (std::size_t i = 0; i < program.operands.size(); ++i) {
        const std::string number = std::to_string(i + 1);
        text += zsh_operand(program, i + 1, program.operands[i]);
        std::string operand = number;
        operand.append(":operand:").append(function).append("_operand_").append(number);
        operands += " \\\n        " + in_quotes(operand);
    }
    text += "\n" + function + "() {\n";
    if (offers(program, Offer::lines)) {
        text += "    local -a " + function + "_all_lines=(${(f)\"$(" + function + "_lines)\"})\n";
    }
    if (offers(program, Offer::terminal_types)) {
        text += "    local -a " + function + "_all_types=(${(f)\"$(" + function + "_types)\"})\n";
    }
    text += "    _arguments -s -S";
    for (const CompletedOption& option : program.options) {
        text += zsh_option(program, option);
    }
    return text + operands + "\n}\n\n" + function + " \"$@\"\n";
}

// --- fish ---

constexpr std::string_view fish_lines = R"(
function _@FUNCTION@_lines
    for path in /sys/class/tty/*
        string match -rv '/(ptmx|tty|tty0)$' $path | string replace -r '.*/' ''
    end
    printf '%s\n' - @console
end
)";

constexpr std::string_view fish_types = R"(
function _@FUNCTION@_types
    for path in ~/.terminfo/*/* /etc/terminfo/*/* /lib/terminfo/*/* /usr/share/terminfo/*/*
        string replace -r '.*/' '' $path
    end
end
)";

/// In fish's single quotes, only quotes and backslashes mean something.
std::string in_fish_quotes(std::string text) {
    return "'" + replaced(replaced(std::move(text), "\\", "\\\\"), "'", "\\'") + "'";
}

std::string fish_offer(const CompletedProgram& program, const Offered& offered) {
    switch (offered.offer) {
        case Offer::nothing: return "";
        case Offer::choices: return " -a " + in_fish_quotes(joined(offered.choices, " "));
        case Offer::users: return " -a '(__fish_complete_users)'";
        case Offer::files: return " -F";
        case Offer::directories: return " -a '(__fish_complete_directories)'";
        case Offer::lines: return " -a '(_" + function_of(program) + "_lines)'";
        case Offer::terminal_types: return " -a '(_" + function_of(program) + "_types)'";
    }
    return "";
}

std::string fish_option(const CompletedProgram& program, const CompletedOption& option) {
    std::string text = "complete -c " + program.name;
    if (!option.short_form.empty()) {
        text += " -s " + option.short_form.substr(1);
    }
    if (!option.long_form.empty()) {
        text += " -l " + option.long_form.substr(2);
    }
    if (option.argument == Argument::required) {
        text += option.value.offer == Offer::files ? " -r" : " -x";
    }
    return text + fish_offer(program, option.value) + " -d " + in_fish_quotes(option.help) + "\n";
}

std::string fish_completions(const CompletedProgram& program) {
    std::string text = filled(head, program);
    text += offers(program, Offer::lines) ? filled(fish_lines, program) : "";
    text += offers(program, Offer::terminal_types) ? filled(fish_types, program) : "";
    text += "\ncomplete -c " + program.name + " -f\n";
    for (std::size_t i = 0; i < program.operands.size(); ++i) {
        for (const Offered& offered : program.operands[i]) {
            text += "complete -c " + program.name +
                    " -n 'test (__fish_number_of_cmd_args_wo_opts) -eq " + std::to_string(i + 1) +
                    "'" + fish_offer(program, offered) + "\n";
        }
    }
    for (const CompletedOption& option : program.options) {
        text += fish_option(program, option);
    }
    return text;
}

}  // namespace

std::string completions_for(std::string_view shell, const CompletedProgram& program) {
    if (shell == "bash") {
        return bash_completions(program);
    }
    if (shell == "zsh") {
        return zsh_completions(program);
    }
    return shell == "fish" ? fish_completions(program) : "";
}

Offered offered_for(std::string_view value_name) {
    if (value_name == "USER") {
        return {.offer = Offer::users};
    }
    if (value_name == "FILE" || value_name == "PATH" || value_name == "PATHS" ||
        value_name == "SHELL") {
        return {.offer = Offer::files};
    }
    if (value_name == "DIR") {
        return {.offer = Offer::directories};
    }
    if (value_name.find('|') == value_name.npos) {
        return {};
    }
    Offered offered{.offer = Offer::choices};
    while (!value_name.empty()) {
        const std::size_t end = std::min(value_name.find('|'), value_name.size());
        offered.choices.emplace_back(value_name.substr(0, end));
        value_name.remove_prefix(std::min(end + 1, value_name.size()));
    }
    return offered;
}

}  // namespace common
