#include "console/delivery.h"

#include "shared/backoff.h"

#include <stdio.h>
#include <string.h>

#define FIRST_PAUSE_MS 250
#define PAUSE_MS_MAX 5000
#define RETRY_AFTER_S_MAX 60

/* Well-formed, and nobody's: 32 bytes of zero. */
static const char nobodys_signature[] =
    "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

void delivery_start(struct delivery *delivery, const char *id,
                    struct slice body)
{
    buffer_clear(&delivery->body);
    delivery->body.limit = body.size;
    buffer_add_slice(&delivery->body, body);
    delivery->state = DELIVERY_WAITING;
    delivery->tries = 0;
    delivery->due_ms = 0;
    snprintf(delivery->id, sizeof(delivery->id), "%s", id);
}

void delivery_release(struct delivery *delivery)
{
    buffer_release(&delivery->body);
}

void delivery_sign(const struct delivery *delivery,
                   struct signature_verifier *verifier, int64_t now_s,
                   struct delivery_signature *ret_signature)
{
    struct signature_claim claim = {.id = slice_of(delivery->id),
                                    .body = buffer_slice(&delivery->body)};
    struct buffer value;

    snprintf(ret_signature->timestamp, sizeof(ret_signature->timestamp), "%lld",
             (long long)now_s);
    claim.timestamp = slice_of(ret_signature->timestamp);
    buffer_init(&value, sizeof(ret_signature->value) - 1);
    if (verifier != NULL)
        signature_sign(verifier, 0, &claim, &value);
    else
        buffer_add_text(&value, nobodys_signature);
    memcpy(ret_signature->value, value.data, value.size + 1);
    buffer_release(&value);
}

static bool may_pass(int status)
{
    return status == 0 || status == 408 || status == 429 || status >= 500;
}

bool delivery_is_again(struct delivery *delivery, int status,
                       int64_t retry_after_s, unsigned retries_max,
                       int64_t now_ms, uint32_t random)
{
    int64_t pause_ms =
        backoff_ms(delivery->tries, FIRST_PAUSE_MS, PAUSE_MS_MAX, random);

    delivery->state = DELIVERY_FREE;
    if (!may_pass(status) || delivery->tries == retries_max)
        return false;
    if (retry_after_s > RETRY_AFTER_S_MAX)
        retry_after_s = RETRY_AFTER_S_MAX;
    if (retry_after_s * 1000 > pause_ms)
        pause_ms = retry_after_s * 1000;
    delivery->tries++;
    delivery->due_ms = now_ms + pause_ms;
    delivery->state = DELIVERY_WAITING;
    return true;
}
