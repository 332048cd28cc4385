#include "getty/reader_messages.hpp"

#include "common/utf8.hpp"
#include "getty/login_command.hpp"

#include <array>
#include <cstring>
#include <type_traits>
#include <utility>

namespace getty {

namespace {

using std::chrono::milliseconds;

struct RequestHead {
    std::int64_t now = 0;  ///< ns of the steady clock
    std::uint8_t kind = 0;
    std::uint8_t begins_anew = 0;
    std::uint8_t after_gap = 0;
    std::uint8_t ends_with_name = 0;
    std::array<std::uint8_t, 4> nothing{};
};
static_assert(std::has_unique_object_representations_v<RequestHead>);

enum class Told : std::uint8_t { nothing, name, nobody, too_long, other_characters };

/// Flags of a reply.
enum Flag : std::uint8_t { typed_text = 1, goes_on = 2, more = 4, all_flags = 7 };

struct ReplyHead {
    std::uint16_t output = 0;  ///< bytes of each part, which follow in this order
    std::uint16_t typed = 0;
    std::uint16_t name = 0;
    std::uint16_t rows = 0;  ///< 0: no size
    std::uint16_t columns = 0;
    std::uint16_t wakes_in = 0;  ///< ms; 0: never
    std::uint8_t flags = 0;
    std::uint8_t speed = 0;
    std::uint8_t told = 0;
    std::uint8_t ending = 0;
    std::uint8_t letters = 0;
    std::uint8_t parity = 0;
    std::uint8_t erase = 0;
    std::uint8_t kill = 0;
    std::uint8_t lacks = 0;
    std::uint8_t nothing = 0;
};
static_assert(std::has_unique_object_representations_v<ReplyHead>);

constexpr std::uint16_t most_rows_or_columns = 1000;
constexpr auto longest_sleep = milliseconds{1000};
constexpr unsigned all_lacks = 7;

template <typename Head>
std::string bytes_of(const Head& head) {
    std::string bytes(sizeof head, '\0');
    std::memcpy(bytes.data(), &head, sizeof head);
    return bytes;
}

template <typename Head>
std::optional<Head> take_head(std::string_view& message) {
    if (message.size() < sizeof(Head)) {
        return std::nullopt;
    }
    Head head;
    std::memcpy(&head, message.data(), sizeof head);
    message.remove_prefix(sizeof head);
    return head;
}

std::string_view take_part(std::string_view& message, std::size_t size) {
    const std::string_view part = message.substr(0, size);
    message.remove_prefix(part.size());
    return part;
}

/// Nothing in it does more than what stands in `also`, or moves a cursor to the right.
bool is_printable(std::string_view text, std::string_view also) {
    while (!text.empty()) {
        const common::Decoded decoded = common::decode_utf8(text);
        const bool is_control = decoded.code < ' ' || decoded.code == '\x7f';
        if (!decoded.valid || common::is_hidden_control(decoded.code) ||
            (is_control && also.find(text.front()) == also.npos)) {
            return false;
        }
        text.remove_prefix(decoded.length);
    }
    return true;
}

constexpr std::string_view acting = "\r\n\b\x05\x11\x12";
static_assert(acting.find(question_place) != acting.npos &&
              acting.find(size_question_place) != acting.npos &&
              acting.find(corner_question_place) != acting.npos);

/// A key that somebody can have corrected the name with.
bool is_key(std::uint8_t key, std::string_view usual, const std::string& more) {
    const auto character = static_cast<char>(key);
    return usual.find(character) != usual.npos || more.find(character) != more.npos;
}

bool has_sane_size(const ReplyHead& head) {
    const bool has_none = head.rows == 0 && head.columns == 0;
    return has_none || (head.rows >= 1 && head.rows <= most_rows_or_columns && head.columns >= 1 &&
                        head.columns <= most_rows_or_columns);
}

bool can_be_said(const ReplyHead& head, const Options& options) {
    const auto typed_text_of = [&](auto value) { return static_cast<std::uint8_t>(value); };
    return head.output <= ReaderReply::most_output && head.typed <= ReaderReply::most_typed &&
           has_sane_size(head) && head.wakes_in <= longest_sleep.count() &&
           head.flags <= Flag::all_flags && head.speed <= typed_text_of(SpeedChange::first) &&
           head.told <= typed_text_of(Told::other_characters) &&
           (head.name > 0) == (head.told == typed_text_of(Told::name)) &&
           head.ending <= typed_text_of(LineEnding::newline) &&
           head.letters <= (options.detect_case ? 1 : 0) &&
           head.parity <= (options.detect_parity ? typed_text_of(Parity::odd) : 0) &&
           is_key(head.erase, "\x7f\b", options.erase_characters) &&
           is_key(head.kill, "\x15", options.kill_characters) && head.lacks <= all_lacks;
}

Answer answer_of(const ReplyHead& head, std::string_view name) {
    switch (static_cast<Told>(head.told)) {
        case Told::nothing: return StillTyping{};
        case Told::name:
            return TypedName{.name = std::string{name},
                             .typing = {.ending = static_cast<LineEnding>(head.ending),
                                        .letters = static_cast<LetterCase>(head.letters),
                                        .keys = {.erase = head.erase, .kill = head.kill},
                                        .parity = static_cast<Parity>(head.parity)}};
        case Told::nobody: return NobodyThere{};
        case Told::too_long: return RefusedName{NameFault::too_long};
        case Told::other_characters: return RefusedName{NameFault::has_other_characters};
    }
    return StillTyping{};
}

Told told_by(const Answer& answer) {
    if (std::holds_alternative<TypedName>(answer)) {
        return Told::name;
    }
    if (std::holds_alternative<NobodyThere>(answer)) {
        return Told::nobody;
    }
    if (const auto* const refused = std::get_if<RefusedName>(&answer)) {
        return refused->fault == NameFault::too_long ? Told::too_long : Told::other_characters;
    }
    return Told::nothing;
}

}  // namespace

std::string packed(const ReaderRequest& request) {
    using std::chrono::nanoseconds;
    const RequestHead head{
        .now = std::chrono::duration_cast<nanoseconds>(request.now.time_since_epoch()).count(),
        .kind = static_cast<std::uint8_t>(request.kind),
        .begins_anew = static_cast<std::uint8_t>(request.begins_anew),
        .after_gap = static_cast<std::uint8_t>(request.after_gap),
        .ends_with_name = static_cast<std::uint8_t>(request.ends_with_name)};
    return bytes_of(head).append(request.bytes);
}

std::optional<ReaderRequest> request_in(std::string_view message) {
    const auto head = take_head<RequestHead>(message);
    if (!head || head->kind > static_cast<std::uint8_t>(ReaderRequest::Kind::begin_probe) ||
        message.size() > ReaderRequest::most_bytes) {
        return std::nullopt;
    }
    using Clock = std::chrono::steady_clock;
    return ReaderRequest{.kind = static_cast<ReaderRequest::Kind>(head->kind),
                         .begins_anew = head->begins_anew != 0,
                         .after_gap = head->after_gap != 0,
                         .ends_with_name = head->ends_with_name != 0,
                         .now = Clock::time_point{std::chrono::duration_cast<Clock::duration>(
                             std::chrono::nanoseconds{head->now})},
                         .bytes = message};
}

std::string packed(const ReaderReply& reply) {
    const auto* const typed = std::get_if<TypedName>(&reply.answer);
    const NameTyping typing = typed != nullptr ? typed->typing : NameTyping{};
    const std::string_view name = typed != nullptr ? typed->name : std::string_view{};
    const auto flag = [](bool holds, Flag bit) { return holds ? static_cast<unsigned>(bit) : 0U; };
    const ReplyHead head{
        .output = static_cast<std::uint16_t>(reply.output.size()),
        .typed = static_cast<std::uint16_t>(reply.typed.size()),
        .name = static_cast<std::uint16_t>(name.size()),
        .rows = reply.size ? reply.size->rows : std::uint16_t{0},
        .columns = reply.size ? reply.size->columns : std::uint16_t{0},
        .wakes_in = static_cast<std::uint16_t>(reply.wakes_in.value_or(milliseconds{0}).count()),
        .flags = static_cast<std::uint8_t>(flag(reply.has_typed_text, Flag::typed_text) |
                                           flag(reply.goes_on, Flag::goes_on) |
                                           flag(reply.has_more, Flag::more)),
        .speed = static_cast<std::uint8_t>(reply.speed),
        .told = static_cast<std::uint8_t>(told_by(reply.answer)),
        .ending = static_cast<std::uint8_t>(typing.ending),
        .letters = static_cast<std::uint8_t>(typing.letters),
        .parity = static_cast<std::uint8_t>(typing.parity),
        .erase = typing.keys.erase,
        .kill = typing.keys.kill,
        .lacks = reply.lacks};
    return bytes_of(head).append(reply.output).append(reply.typed).append(name);
}

std::optional<ReaderReply> reply_in(std::string_view message, const Options& options) {
    const std::string_view whole = message;
    const auto head = take_head<ReplyHead>(message);
    if (!head || !can_be_said(*head, options)) {
        return std::nullopt;
    }
    const std::size_t size = std::size_t{head->output} + head->typed + head->name;
    if (message.size() != size) {
        return std::nullopt;
    }
    const std::string_view output = take_part(message, head->output);
    const std::string_view typed = take_part(message, head->typed);
    const std::string_view name = message;
    if (!is_printable(output, acting) || !is_printable(typed, "") ||
        (!name.empty() && !is_login_name(name))) {
        return std::nullopt;
    }
    ReaderReply reply{.output = std::string{output},
                      .typed = std::string{typed},
                      .has_typed_text = (head->flags & Flag::typed_text) != 0,
                      .goes_on = (head->flags & Flag::goes_on) != 0,
                      .has_more = (head->flags & Flag::more) != 0,
                      .speed = static_cast<SpeedChange>(head->speed),
                      .answer = answer_of(*head, name),
                      .lacks = head->lacks};
    if (head->rows > 0) {
        reply.size = TerminalSize{.rows = head->rows, .columns = head->columns};
    }
    if (head->wakes_in > 0) {
        reply.wakes_in = milliseconds{head->wakes_in};
    }
    // One way to say a thing.
    return packed(reply) == whole ? std::optional{std::move(reply)} : std::nullopt;
}

}  // namespace getty
