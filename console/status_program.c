#include "console/http.h"
#include "console/status_ask.h"
#include "shared/clock.h"
#include "shared/json.h"

#include <stdio.h>

#define LIST_BYTES 1024
#define SLACK_MS 100 /* for curl to say that the time is over */

/* Where a listener that takes connections from anywhere can be asked. */
static const char *reachable(const char *host)
{
    if (strcmp(host, "0.0.0.0") == 0)
        return "127.0.0.1";
    return strcmp(host, "::") == 0 ? "::1" : host;
}

static void write_listen(const struct option_listen *listen, char *out,
                         size_t size)
{
    const char *host = reachable(listen->host);
    bool is_v6 = strchr(host, ':') != NULL;

    snprintf(out, size, "%s%s%s:%u", is_v6 ? "[" : "", host, is_v6 ? "]" : "",
             (unsigned)listen->port);
}

/* `{"status":"waiting","reason":"…"}`: the reason. */
static void read_reason(const struct http_answer *answer,
                        struct health_part *part)
{
    struct json_document doc = {.count = 0};
    struct arena arena = {.chunks = NULL};
    const struct json_node *node = NULL;
    struct slice reason;
    struct error err;

    if (json_parse(&doc, answer->body, &err) == 0)
        node = json_get_typed(&doc, &doc.nodes[0], "reason", JSON_STRING);
    if (node != NULL && json_text(&doc, node, &arena, &reason))
        snprintf(part->reason, sizeof(part->reason), "%.*s",
                 SLICE_PRINT(reason));
    else
        snprintf(part->reason, sizeof(part->reason), "answered %d",
                 answer->status);
    json_release(&doc);
    arena_release(&arena);
}

static void read_answer(const struct http_answer *answer,
                        struct health_part *part)
{
    if (answer->status == 200) {
        part->state = PART_READY;
    } else if (answer->status != 0) {
        part->state = PART_WAITING;
        read_reason(answer, part);
    } else {
        part->state = PART_AWAY;
        snprintf(part->reason, sizeof(part->reason), "%s", answer->reason);
    }
}

static int ask(struct health_part *part, int64_t deadline_ms, struct error *err)
{
    int64_t left_ms = deadline_ms - clock_steady_ms();
    int64_t timeout_ms = left_ms > 1 ? left_ms : 1;
    char url[HEALTH_ADDRESS_BYTES + 32];
    struct http_client *client;
    struct http_answer answer;

    snprintf(url, sizeof(url), "http://%s/readyz", part->address);
    if (http_open(url, 1, timeout_ms, &client, err) != 0)
        return error_wrap(err, "--%s", part->name);
    http_get(client, 0);
    snprintf(part->reason, sizeof(part->reason), "no answer");
    if (http_next(client, timeout_ms + SLACK_MS, &answer))
        read_answer(&answer, part);
    http_close(client);
    return 0;
}

int status_ask_program(const char *name, const char *addresses,
                       const struct option_listen *listen, int64_t deadline_ms,
                       struct health *health, struct error *err)
{
    char list[LIST_BYTES];
    char *rest = list;

    if (addresses == NULL)
        write_listen(listen, list, sizeof(list));
    else
        snprintf(list, sizeof(list), "%s", addresses);
    while (rest != NULL) {
        struct slice address = slice_trim(slice_of(strsep(&rest, ",")));
        struct health_part *part;
        if (address.size == 0)
            continue;
        part = health_add_part(health, name);
        if (part == NULL)
            return error_set(err, ERROR_INPUT,
                             "--%s: given more than allowed, which is %d in "
                             "all",
                             name, HEALTH_PARTS_MAX);
        snprintf(part->address, sizeof(part->address), "%.*s",
                 SLICE_PRINT(address));
        if (ask(part, deadline_ms, err) != 0)
            return -1;
    }
    return 0;
}
