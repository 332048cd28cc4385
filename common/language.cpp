#include "common/language.hpp"

#include "common/assigned_value.hpp"
#include "common/text_file.hpp"
#include "common/undo.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include <libintl.h>
#include <locale.h>  // NOLINT(modernize-deprecated-headers): newlocale(3)

namespace common {

namespace {

constexpr const char* domain = "ttygate";

/// "": English.
std::string spoken;
/// Whom it is spoken to, where a process has several to speak to. It is set for every key:
/// where a thread keeps its own is a page that is written anyway.
thread_local Audience* audience = nullptr;
locale_t messages = nullptr;
std::string language_of_messages;

/// gettext(3) asks the environment for the language and the thread for a locale
/// other than "C". Both are there for one message only: PAM's modules and strerror(3)
/// go on in English, the environment of other programs stays what it is.
class Speaking {
  public:
    Speaking() : locale_(::uselocale(messages)) {
        if (const char* const set = std::getenv(variable)) {
            inherited_ = set;
            was_set_ = true;
        }
        ::setenv(variable, spoken.c_str(), 1);
    }
    Speaking(const Speaking&) = delete;
    Speaking(Speaking&&) = delete;
    Speaking& operator=(const Speaking&) = delete;
    Speaking& operator=(Speaking&&) = delete;
    ~Speaking() {
        ::uselocale(locale_);
        if (was_set_) {
            ::setenv(variable, inherited_.c_str(), 1);
        } else {
            ::unsetenv(variable);
        }
    }

  private:
    static constexpr const char* variable = "LANGUAGE";

    locale_t locale_;
    std::string inherited_;
    bool was_set_ = false;
};

/// Any locale but "C" makes gettext(3) look for catalogues; newer C libraries
/// count C.UTF-8 as "C".
locale_t locale_for(const std::string& language) {
    const std::string bare = language.substr(0, language.find_first_of(".:@"));
    for (const std::string& name : {language, bare + ".UTF-8", std::string{"C.UTF-8"}}) {
        if (locale_t found = ::newlocale(LC_MESSAGES_MASK, name.c_str(), nullptr)) {
            return found;
        }
    }
    return nullptr;
}

std::string with_value(std::string_view message, std::string_view place, std::string_view value) {
    std::string text{message};
    if (const auto found = text.find(place); found != std::string::npos) {
        text.replace(found, place.size(), value);
    }
    return text;
}

/// Of the language spoken, for gettext(3).
bool find_locale() {
    if (language_of_messages == spoken) {
        return true;
    }
    if (messages != nullptr) {
        ::freelocale(messages);
        // gettext(3) keeps what it has found, by the locale's name and not by LANGUAGE:
        // this has it look again.
        ::textdomain(domain);
    }
    messages = locale_for(spoken);
    language_of_messages = messages != nullptr ? spoken : "";
    return messages != nullptr;
}

void settle_language() {
    if (audience != nullptr) {
        audience->settle();
    }
}

bool is_english(std::string_view language) {
    return language.empty() || language == "POSIX" || language == "C" ||
           language.starts_with("C.") || language == "en" || language.starts_with("en_");
}

}  // namespace

std::string language_in(std::string_view text) {
    // As gettext(3) weighs the variables of these names; LANGUAGE is a list.
    constexpr std::array variables{"LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"};
    for (const char* const variable : variables) {
        std::string value = assigned_value(text, variable);
        value.resize(std::min(value.size(), value.find(':')));
        if (!value.empty()) {
            return is_language(value) ? value : "";
        }
    }
    return {};
}

std::string language_of_machine() {
    for (const char* const file : {"/etc/locale.conf", "/etc/default/locale"}) {
        if (const auto text = read_text_file(file)) {
            return language_in(*text);
        }
    }
    return {};
}

void speak(std::string_view language, const std::function<bool(std::string_view letters)>& shows) {
    spoken.clear();
    if (is_english(language) || !is_language(language)) {
        return;
    }
    spoken = language;
    if (!find_locale() || ::bindtextdomain(domain, TTYGATE_CATALOGUES) == nullptr ||
        ::bind_textdomain_codeset(domain, "UTF-8") == nullptr) {
        spoken.clear();
        return;
    }
    const std::string_view sample = "letters beyond ASCII";
    // Translators: the letters of your language that are not in ASCII, for a
    // look whether the console has them; "-" if there are none.
    const std::string_view letters = translated("letters beyond ASCII");
    if (letters == sample || (letters != "-" && !shows(letters))) {
        spoken.clear();
    }
}

void speak_on(const Terminal& terminal, std::string_view named) {
    const bool is_named = !named.empty();
    speak(is_named ? std::string{named} : language_of_machine(), [&](std::string_view letters) {
        return (is_named && !terminal.is_virtual_terminal()) || terminal.shows(letters);
    });
}

Audience::Audience(std::optional<std::string>& language, std::function<void()> choose)
    : language_(language), choose_(std::move(choose)) {
    audience = this;
}

Audience::~Audience() {
    audience = nullptr;
}

void Audience::settle() {
    if (!language_) {
        // Nobody, or looking for a sample of the language would ask again.
        audience = nullptr;
        const Undo speaks_again{[this] { audience = this; }};
        spoken.clear();
        choose_();
        language_ = spoken;
    }
    spoken = *language_;
    if (!spoken.empty() && !find_locale()) {
        spoken.clear();
    }
}

const char* translated(const char* message) {
    settle_language();
    if (spoken.empty()) {
        return message;
    }
    const Speaking speaking;
    return ::dgettext(domain, message);
}

std::string translated(const char* one, const char* many, unsigned long number) {
    settle_language();
    const std::string digits = std::to_string(number);
    if (spoken.empty()) {
        return with_value(number == 1 ? one : many, "%d", digits);
    }
    const Speaking speaking;
    return with_value(::dngettext(domain, one, many, number), "%d", digits);
}

std::string filled(std::string_view message, std::string_view value) {
    return with_value(message, "%s", value);
}

}  // namespace common
