#include "console/sender.h"

#include "console/delivery.h"
#include "console/dice.h"
#include "console/http.h"
#include "shared/clock.h"
#include "shared/memory.h"
#include "shared/stop.h"

#include <stdlib.h>

#define IDLE_MS 1000

struct sender {
    const struct sender_plan *plan;
    struct event_source *source;
    struct sender_result *result;
    struct http_client *client;
    struct delivery *deliveries; /* one for each slot of the client */
    struct dice jitter;
    int64_t started_us;
    uint64_t taken; /* events out of the source */
    bool is_source_empty;
};

/* When the next event of the source may go. */
static int64_t next_due_us(const struct sender *sender)
{
    if (sender->plan->rate == 0)
        return 0;
    return sender->started_us +
           (int64_t)(sender->taken * 1000000 / (uint64_t)sender->plan->rate);
}

static void take_event(struct sender *sender, struct delivery *delivery)
{
    struct slice body;
    const char *id;

    if (sender->is_source_empty || clock_steady_us() < next_due_us(sender))
        return;
    if (stop_is_asked() || !event_source_next(sender->source, &id, &body)) {
        sender->is_source_empty = true;
        return;
    }
    sender->taken++;
    delivery_start(delivery, id, body);
}

static void post(struct sender *sender, size_t slot)
{
    struct delivery *delivery = &sender->deliveries[slot];
    struct delivery_signature signature;

    delivery_sign(delivery, sender->plan->verifier, clock_wall_ms() / 1000,
                  &signature);
    const struct http_header headers[] = {
        {"content-type", "application/json"},
        {"svix-id", delivery->id},
        {"svix-timestamp", signature.timestamp},
        {"svix-signature", signature.value},
    };
    http_post(sender->client, slot, headers,
              sizeof(headers) / sizeof(headers[0]),
              buffer_slice(&delivery->body));
    delivery->state = DELIVERY_SENT;
}

/* Send all that is due; true while anything is still to come. */
static bool send_due(struct sender *sender)
{
    int64_t now_ms = clock_steady_ms();
    bool is_busy = false;

    for (size_t i = 0; i < sender->plan->connections; i++) {
        struct delivery *delivery = &sender->deliveries[i];
        if (delivery->state == DELIVERY_FREE)
            take_event(sender, delivery);
        if (delivery->state == DELIVERY_WAITING && delivery->due_ms <= now_ms)
            post(sender, i);
        is_busy = is_busy || delivery->state != DELIVERY_FREE;
    }
    return is_busy || !sender->is_source_empty;
}

/* How long nothing but an answer can be of interest. */
static int64_t pause_ms(const struct sender *sender)
{
    int64_t now_ms = clock_steady_ms(), due_ms = now_ms + IDLE_MS;
    bool has_room = false;

    for (size_t i = 0; i < sender->plan->connections; i++) {
        const struct delivery *delivery = &sender->deliveries[i];
        has_room = has_room || delivery->state == DELIVERY_FREE;
        if (delivery->state == DELIVERY_WAITING && delivery->due_ms < due_ms)
            due_ms = delivery->due_ms;
    }
    if (has_room && !sender->is_source_empty &&
        next_due_us(sender) / 1000 < due_ms)
        due_ms = next_due_us(sender) / 1000;
    return due_ms > now_ms ? due_ms - now_ms : 0;
}

static void count(struct sender_result *result,
                  const struct http_answer *answer)
{
    tally_add(&result->tally, answer->status, answer->body, answer->took_us);
    buffer_clear(&result->last_answer);
    buffer_add_slice(&result->last_answer, answer->body);
    if (answer->status == 0)
        error_set(&result->last_failure, ERROR_AWAY, "%s", answer->reason);
    else if (answer->status < 200 || answer->status > 299)
        error_set(&result->last_failure, ERROR_ACCESS, "answered %d",
                  answer->status);
}

static void take_answer(struct sender *sender, const struct http_answer *answer)
{
    struct delivery *delivery = &sender->deliveries[answer->slot];
    unsigned retries =
        stop_is_asked() ? delivery->tries : sender->plan->retries;

    if (delivery_is_again(delivery, answer->status, answer->retry_after_s,
                          retries, clock_steady_ms(),
                          (uint32_t)dice_roll(&sender->jitter)))
        sender->result->tally.retries++;
    else
        count(sender->result, answer);
}

/* What waits for another try when stop is asked is not sent again. */
static void give_up_waiting(struct sender *sender)
{
    struct http_answer none = {.reason = "stopped before it was tried again",
                               .retry_after_s = -1};

    for (; none.slot < sender->plan->connections; none.slot++)
        if (sender->deliveries[none.slot].state == DELIVERY_WAITING)
            take_answer(sender, &none);
}

static void send_all(struct sender *sender)
{
    struct http_answer answer;

    sender->started_us = clock_steady_us();
    while (send_due(sender)) {
        if (http_next(sender->client, pause_ms(sender), &answer))
            take_answer(sender, &answer);
        if (stop_is_asked())
            give_up_waiting(sender);
    }
    sender->result->elapsed_us = clock_steady_us() - sender->started_us;
}

int sender_run(const struct sender_plan *plan, struct event_source *source,
               struct sender_result *ret_result, struct error *err)
{
    struct sender sender = {.plan = plan,
                            .source = source,
                            .result = ret_result,
                            .jitter = {(uint64_t)clock_steady_us()}};

    if (http_open(plan->url, plan->connections, plan->timeout_ms,
                  &sender.client, err) != 0)
        return error_wrap(err, "--url");
    *ret_result = (struct sender_result){.elapsed_us = 0};
    buffer_init(&ret_result->last_answer, HTTP_ANSWER_BYTES_MAX);
    sender.deliveries =
        memory_new(plan->connections * sizeof(*sender.deliveries));
    send_all(&sender);
    http_close(sender.client);
    for (size_t i = 0; i < plan->connections; i++)
        delivery_release(&sender.deliveries[i]);
    free(sender.deliveries);
    return 0;
}

void sender_result_release(struct sender_result *result)
{
    buffer_release(&result->last_answer);
}
