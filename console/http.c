#include "console/http.h"

#include "shared/buffer.h"
#include "shared/clock.h"
#include "shared/memory.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct slot {
    CURL *transfer;
    struct curl_slist *headers;
    struct buffer answer;
    char reason[CURL_ERROR_SIZE];
};

struct http_client {
    CURLM *multi;
    CURLU *url;
    struct slot *slots;
    size_t count;
    int64_t timeout_ms;
};

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
    struct slot *slot = context;
    size_t room = slot->answer.limit - slot->answer.size;
    size_t bytes = size * count;

    buffer_add(&slot->answer, data, bytes < room ? bytes : room);
    return bytes;
}

/* An easy handle is kept for life: its connection goes on with it. */
static void slot_init(struct http_client *client, struct slot *slot)
{
    CURL *transfer = curl_easy_init();

    if (transfer == NULL)
        abort();
    slot->transfer = transfer;
    buffer_init(&slot->answer, HTTP_ANSWER_BYTES_MAX);
    curl_easy_setopt(transfer, CURLOPT_CURLU, client->url);
    curl_easy_setopt(transfer, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(transfer, CURLOPT_PROXY, "");
    curl_easy_setopt(transfer, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(transfer, CURLOPT_TIMEOUT_MS, (long)client->timeout_ms);
    curl_easy_setopt(transfer, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(transfer, CURLOPT_USERAGENT, "clerkstream");
    curl_easy_setopt(transfer, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(transfer, CURLOPT_WRITEDATA, slot);
    curl_easy_setopt(transfer, CURLOPT_ERRORBUFFER, slot->reason);
    curl_easy_setopt(transfer, CURLOPT_PRIVATE, slot);
}

static CURLU *parse_url(const char *text)
{
    CURLU *url = curl_url();
    char *scheme = NULL;
    bool is_ours;

    if (url == NULL)
        abort();
    is_ours = curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK &&
              curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
              (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);
    curl_free(scheme);
    if (is_ours)
        return url;
    curl_url_cleanup(url);
    return NULL;
}

int http_open(const char *url, size_t slots, int64_t timeout_ms,
              struct http_client **ret_client, struct error *err)
{
    struct http_client *client;
    CURLU *parsed = parse_url(url);

    if (parsed == NULL)
        return error_set(err, ERROR_INPUT,
                         "given \"%.100s\", allowed is http://… or https://…",
                         url);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        abort();
    client = memory_new(sizeof(*client));
    client->multi = curl_multi_init();
    if (client->multi == NULL)
        abort();
    client->url = parsed;
    client->count = slots;
    client->timeout_ms = timeout_ms;
    client->slots = memory_new(slots * sizeof(*client->slots));
    for (size_t i = 0; i < slots; i++)
        slot_init(client, &client->slots[i]);
    curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, (long)slots);
    *ret_client = client;
    return 0;
}

void http_close(struct http_client *client)
{
    if (client == NULL)
        return;
    for (size_t i = 0; i < client->count; i++) {
        curl_multi_remove_handle(client->multi, client->slots[i].transfer);
        curl_easy_cleanup(client->slots[i].transfer);
        curl_slist_free_all(client->slots[i].headers);
        buffer_release(&client->slots[i].answer);
    }
    curl_multi_cleanup(client->multi);
    curl_url_cleanup(client->url);
    free(client->slots);
    free(client);
    curl_global_cleanup();
}

static struct curl_slist *list_headers(const struct http_header *headers,
                                       size_t count)
{
    struct curl_slist *list = NULL;
    char line[512];

    for (size_t i = 0; i < count; i++) {
        snprintf(line, sizeof(line), "%s: %s", headers[i].name,
                 headers[i].value);
        list = curl_slist_append(list, line);
    }
    return curl_slist_append(list, "Expect:"); /* no 100-continue */
}

void http_post(struct http_client *client, size_t slot_index,
               const struct http_header *headers, size_t headers_count,
               struct slice body)
{
    struct slot *slot = &client->slots[slot_index];

    curl_slist_free_all(slot->headers);
    slot->headers = list_headers(headers, headers_count);
    slot->reason[0] = '\0';
    buffer_clear(&slot->answer);
    curl_easy_setopt(slot->transfer, CURLOPT_HTTPHEADER, slot->headers);
    curl_easy_setopt(slot->transfer, CURLOPT_POSTFIELDSIZE_LARGE,
                     (curl_off_t)body.size);
    curl_easy_setopt(slot->transfer, CURLOPT_POSTFIELDS,
                     body.data != NULL ? body.data : "");
    curl_multi_add_handle(client->multi, slot->transfer);
}

void http_get(struct http_client *client, size_t slot_index)
{
    struct slot *slot = &client->slots[slot_index];

    slot->reason[0] = '\0';
    buffer_clear(&slot->answer);
    curl_easy_setopt(slot->transfer, CURLOPT_HTTPGET, 1L);
    curl_multi_add_handle(client->multi, slot->transfer);
}

static void describe(struct http_client *client, const CURLMsg *done,
                     struct http_answer *ret_answer)
{
    curl_off_t took_us = 0, retry_after_s = 0;
    struct curl_header *header;
    struct slot *slot;
    long status = 0;

    curl_easy_getinfo(done->easy_handle, CURLINFO_PRIVATE, (char **)&slot);
    curl_easy_getinfo(done->easy_handle, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(done->easy_handle, CURLINFO_TOTAL_TIME_T, &took_us);
    curl_easy_getinfo(done->easy_handle, CURLINFO_RETRY_AFTER, &retry_after_s);
    if (curl_easy_header(done->easy_handle, "Retry-After", 0, CURLH_HEADER, -1,
                         &header) != CURLHE_OK)
        retry_after_s = -1;
    *ret_answer = (struct http_answer){
        .slot = (size_t)(slot - client->slots),
        .status = done->data.result == CURLE_OK ? (int)status : 0,
        .body = buffer_slice(&slot->answer),
        .retry_after_s = retry_after_s,
        .took_us = took_us,
        .reason = slot->reason[0] != '\0'
                      ? slot->reason
                      : curl_easy_strerror(done->data.result),
    };
}

/* An answer that is there already. */
static bool take_answer(struct http_client *client,
                        struct http_answer *ret_answer)
{
    int left;
    CURLMsg *message;

    do
        message = curl_multi_info_read(client->multi, &left);
    while (message != NULL && message->msg != CURLMSG_DONE);
    if (message == NULL)
        return false;
    describe(client, message, ret_answer);
    curl_multi_remove_handle(client->multi,
                             client->slots[ret_answer->slot].transfer);
    return true;
}

bool http_next(struct http_client *client, int64_t timeout_ms,
               struct http_answer *ret_answer)
{
    int64_t deadline_ms = clock_steady_ms() + timeout_ms;
    int64_t left_ms;
    int running;

    for (;;) {
        curl_multi_perform(client->multi, &running);
        if (take_answer(client, ret_answer))
            return true;
        left_ms = deadline_ms - clock_steady_ms();
        if (left_ms <= 0)
            return false;
        curl_multi_poll(client->multi, NULL, 0, (int)left_ms, NULL);
    }
}
