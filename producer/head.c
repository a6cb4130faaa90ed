#include "producer/head.h"

#include <strings.h>

#define ID_BYTES_MAX 256

static const char *const names[HEAD_NAMES] = {
    [HEAD_HOST] = "host",
    [HEAD_CONTENT_LENGTH] = "content-length",
    [HEAD_TRANSFER_ENCODING] = "transfer-encoding",
    [HEAD_EXPECT] = "expect",
    [HEAD_TRACEPARENT] = "traceparent",
    [HEAD_SVIX_ID] = "svix-id",
    [HEAD_SVIX_TIMESTAMP] = "svix-timestamp",
    [HEAD_SVIX_SIGNATURE] = "svix-signature",
    [HEAD_WEBHOOK_ID] = "webhook-id",
    [HEAD_WEBHOOK_TIMESTAMP] = "webhook-timestamp",
    [HEAD_WEBHOOK_SIGNATURE] = "webhook-signature",
};

static void flawed(struct head *head, const char *what)
{
    if (head->flaw == NULL)
        head->flaw = what;
}

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9');
}

/* RFC 9110, 5.6.2. */
static bool is_token(struct slice text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!is_letter_or_digit(text.data[i]) &&
            (text.data[i] == '\0' ||
             strchr("!#$%&'*+-.^_`|~", text.data[i]) == NULL))
            return false;
    return text.size > 0;
}

static bool has_control(struct slice text)
{
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if ((c < ' ' && c != '\t') || c == 0x7f)
            return true;
    }
    return false;
}

/* RFC 3986, 3.2.2 and 3.2.3, loosely: no blank, no @, no path. */
static bool is_host(struct slice text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!is_letter_or_digit(text.data[i]) &&
            (text.data[i] == '\0' ||
             strchr("-._~%!$&'()*+,;=:[]", text.data[i]) == NULL))
            return false;
    return true;
}

/* A line ended at head->at with CR LF, which are NULs by now.  A bare LF would
 * be one NUL: what is in front of us may not take it for the end of a line. */
static bool is_next_line(const struct head *head, const char *line)
{
    return line == head->at + 2;
}

void head_begin(struct head *head, const char *target)
{
    *head = (struct head){.target = slice_of(target)};
    if (has_control(head->target) || strpbrk(target, " \t") != NULL)
        flawed(head, "malformed request target");
}

void head_line(struct head *head, const char *method, const char *version)
{
    const char *target = head->target.data;

    if (!is_token(slice_of(method)) || target != method + strlen(method) + 1)
        flawed(head, "malformed method");
    if (version != target + head->target.size + 1)
        flawed(head, "malformed request target");
    head->at = version + strlen(version);
}

static void remember(struct head *head, struct slice name, struct slice value)
{
    for (int i = 0; i < HEAD_NAMES; i++) {
        if (strlen(names[i]) != name.size ||
            strncasecmp(names[i], name.data, name.size) != 0)
            continue;
        if (head->counts[i]++ == 0)
            head->values[i] = slice_trim(value);
        return;
    }
}

void head_add(struct head *head, struct slice name, struct slice value)
{
    const char *behind = name.data + name.size + 1; /* the colon */

    if (!is_token(name))
        flawed(head, "malformed header name");
    if (!is_next_line(head, name.data))
        flawed(head, "malformed header line");
    while (behind < value.data && (*behind == ' ' || *behind == '\t'))
        behind++;
    if (behind != value.data)
        flawed(head, "folded header line");
    if (has_control(value))
        flawed(head, "control byte in a header");
    head->at = value.data + value.size;
    remember(head, name, value);
}

void head_end(struct head *head, const char *end)
{
    if (!is_next_line(head, end - 2))
        flawed(head, "malformed header line");
}

static bool parse_length(struct slice text, uint64_t *ret_length)
{
    uint64_t length = 0;

    for (size_t i = 0; i < text.size; i++) {
        uint64_t digit = (uint64_t)(text.data[i] - '0');
        if (text.data[i] < '0' || text.data[i] > '9' ||
            length > (UINT64_MAX - digit) / 10)
            return false;
        length = length * 10 + digit;
    }
    *ret_length = length;
    return text.size > 0;
}

enum outcome head_framing(struct head *head, bool needs_length,
                          uint64_t *ret_length)
{
    unsigned lengths = head->counts[HEAD_CONTENT_LENGTH];
    bool is_encoded = head->counts[HEAD_TRANSFER_ENCODING] > 0;

    *ret_length = 0;
    if (head->counts[HEAD_HOST] != 1)
        flawed(head, "exactly one Host is needed");
    if (!is_host(head->values[HEAD_HOST]))
        flawed(head, "malformed Host");
    if (lengths > 1)
        flawed(head, "more than one Content-Length");
    if (is_encoded && lengths > 0)
        flawed(head, "Transfer-Encoding beside a Content-Length");
    if (lengths == 1 &&
        !parse_length(head->values[HEAD_CONTENT_LENGTH], ret_length))
        flawed(head, "Content-Length is not a decimal number");
    if (!is_encoded && lengths == 0 && needs_length)
        flawed(head, "exactly one Content-Length is needed");
    if (head->flaw != NULL)
        return OUTCOME_FLAWED;
    return is_encoded ? OUTCOME_NO_LENGTH : OUTCOME_OPEN;
}

static bool is_id(struct slice text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!is_letter_or_digit(text.data[i]) && text.data[i] != '_' &&
            text.data[i] != '-')
            return false;
    return text.size >= 1 && text.size <= ID_BYTES_MAX;
}

static bool is_complete(const struct head *head, enum head_name first)
{
    return head->values[first].size > 0 && head->values[first + 1].size > 0 &&
           head->values[first + 2].size > 0;
}

int head_claim(const struct head *head, struct signature_claim *ret_claim,
               struct error *err)
{
    enum head_name id = HEAD_SVIX_ID;

    if (!is_complete(head, id))
        id = HEAD_WEBHOOK_ID;
    if (!is_complete(head, id))
        return error_set(err, ERROR_INPUT,
                         "svix-id, svix-timestamp and svix-signature are "
                         "needed");
    for (int i = 0; i < 3; i++)
        if (head->counts[id + i] > 1)
            return error_set(err, ERROR_INPUT, "%s is given twice",
                             names[id + i]);
    if (!is_id(head->values[id]))
        return error_set(err, ERROR_INPUT,
                         "%s is not 1 to %d letters, digits, _ or -", names[id],
                         ID_BYTES_MAX);
    *ret_claim = (struct signature_claim){
        .id = head->values[id],
        .timestamp = head->values[id + 1],
        .signatures = head->values[id + 2],
    };
    return 0;
}

struct slice head_traceparent(const struct head *head)
{
    if (head->counts[HEAD_TRACEPARENT] != 1)
        return SLICE_EMPTY;
    return head->values[HEAD_TRACEPARENT];
}

bool head_expects_continue(const struct head *head)
{
    return head->counts[HEAD_EXPECT] > 0;
}
