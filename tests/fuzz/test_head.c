/* The head of a request, cut as libmicrohttpd cuts it.
 *
 * What is let through is a head that a strict reader of RFC 9112 lets through
 * as well, and of the same length; nothing that such a reader takes is
 * refused. */
#include "producer/head.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/cut_head.h"

#include <strings.h>

/* What a second reader, who sees nothing but the bytes, makes of them. */
struct reading {
    bool is_sound;
    unsigned hosts, lengths, encodings;
    uint64_t length;
};

static bool is_token_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_made_of(struct slice text, bool (*is_good)(char))
{
    for (size_t i = 0; i < text.size; i++)
        if (!is_good(text.data[i]))
            return false;
    return text.size > 0;
}

static bool is_printable(char c)
{
    return (unsigned char)c >= ' ' && c != 0x7f;
}

static bool is_value_char(char c)
{
    return is_printable(c) || c == '\t';
}

/* Of RFC 3986, without those of a user or a path. */
static bool is_host_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z') ||
           (c != '\0' && strchr("-._~%!$&'()*+,;=:[]", c) != NULL);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Cut off at `end`; false where it does not come. */
static bool cut_off(struct slice *rest, char end, struct slice *ret_part)
{
    const char *found = memchr(rest->data, end, rest->size);

    if (found == NULL)
        return false;
    *ret_part = (struct slice){rest->data, (size_t)(found - rest->data)};
    rest->size -= ret_part->size + 1;
    rest->data = found + 1;
    return true;
}

/* libmicrohttpd takes CR, LF or both as the end of a line and makes NULs of
 * them: so a NUL that was there before passes for one of the two.  There must
 * be two. */
static bool next_of(struct slice *rest, struct slice *ret_line, size_t *ret_gap)
{
    size_t size = 0, end;

    while (size < rest->size && rest->data[size] != '\r' &&
           rest->data[size] != '\n')
        size++;
    if (size == rest->size)
        return false;
    end = size + 1;
    if (rest->data[size] == '\r' && end < rest->size && rest->data[end] == '\n')
        end++;
    *ret_line = (struct slice){rest->data, strnlen(rest->data, size)};
    *ret_gap = end - ret_line->size;
    rest->data += end;
    rest->size -= end;
    return true;
}

static bool is_named(struct slice name, const char *what)
{
    return name.size == strlen(what) &&
           strncasecmp(name.data, what, name.size) == 0;
}

static void read_length(struct reading *reading, struct slice value)
{
    if (!is_made_of(value, is_digit))
        reading->is_sound = false;
    for (size_t i = 0; i < value.size && reading->is_sound; i++) {
        uint64_t digit = (uint64_t)(value.data[i] - '0');
        if (reading->length > (UINT64_MAX - digit) / 10)
            reading->is_sound = false;
        reading->length = reading->length * 10 + digit;
    }
}

static void read_field(struct reading *reading, struct slice line)
{
    struct slice name;

    if (!cut_off(&line, ':', &name) || !is_made_of(name, is_token_char)) {
        reading->is_sound = false;
        return;
    }
    line = slice_trim(line);
    if (line.size > 0 && !is_made_of(line, is_value_char))
        reading->is_sound = false;
    if (is_named(name, "host") && reading->hosts++ == 0 && line.size > 0 &&
        !is_made_of(line, is_host_char))
        reading->is_sound = false;
    reading->encodings += is_named(name, "transfer-encoding");
    if (is_named(name, "content-length") && reading->lengths++ == 0)
        read_length(reading, line);
}

static struct reading read_strictly(struct slice text)
{
    struct reading reading = {.is_sound = true};
    struct slice rest = text, line, method, target;
    size_t gap, last;

    if (!next_of(&rest, &line, &last) || !cut_off(&line, ' ', &method) ||
        !cut_off(&line, ' ', &target) || !is_made_of(method, is_token_char) ||
        !is_made_of(target, is_printable) ||
        (!slice_is(line, "HTTP/1.1") && !slice_is(line, "HTTP/1.0")))
        return (struct reading){.is_sound = false};
    while (next_of(&rest, &line, &gap) && line.size > 0) {
        if (last != 2)
            reading.is_sound = false;
        last = gap;
        read_field(&reading, line);
    }
    if (last + gap != 4)
        reading.is_sound = false;
    return reading;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct received from;
    struct slice text = {(const char *)data, size};
    struct reading reading;
    struct head head;
    uint64_t length;
    enum outcome outcome;
    struct signature_claim claim;
    struct error err;
    bool is_open;

    if (size >= HEAD_BYTES)
        return 0;
    received_init(&from, text);
    if (!received_cut(&from, &head))
        return 0; /* libmicrohttpd answers by itself, or waits */
    outcome = head_framing(&head, true, &length);
    reading = read_strictly(text);
    is_open = reading.is_sound && reading.hosts == 1 && reading.lengths == 1 &&
              reading.encodings == 0;
    FUZZ_CHECK((outcome == OUTCOME_OPEN) == is_open, "%s\n%.*s",
               head.flaw != NULL ? head.flaw : "no flaw", SLICE_PRINT(text));
    FUZZ_CHECK(!is_open || length == reading.length, "%llu, not %llu",
               (unsigned long long)length, (unsigned long long)reading.length);
    if (head_claim(&head, &claim, &err) == 0)
        FUZZ_CHECK(claim.id.size > 0 && claim.id.size <= 256 &&
                       claim.timestamp.size > 0 && claim.signatures.size > 0,
                   "an incomplete claim");
    else
        FUZZ_CHECK(err.kind == ERROR_INPUT, "%d", err.kind);
    return 0;
}
