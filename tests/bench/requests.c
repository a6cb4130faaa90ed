#include "tests/bench/requests.h"

#include "console/generate.h"
#include "shared/clock.h"
#include "shared/memory.h"
#include "shared/signature.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUEST_BYTES_MAX (2 << 20)

static void write_request(const struct requests_plan *plan,
                          struct signature_verifier *signer,
                          const struct generated *event, struct buffer *out)
{
    char now_s[24];
    struct signature_claim claim = {.id = slice_of(event->id),
                                    .body = event->body};

    snprintf(now_s, sizeof(now_s), "%lld", (long long)clock_wall_ms() / 1000);
    claim.timestamp = slice_of(now_s);
    buffer_clear(out);
    buffer_add_format(out,
                      "POST %s HTTP/1.1\r\nhost: %s\r\n"
                      "user-agent: Svix-Webhooks/1.24.0\r\n"
                      "content-type: application/json\r\n"
                      "content-length: %zu\r\nsvix-id: %s\r\n"
                      "svix-timestamp: %s\r\nsvix-signature: ",
                      plan->path, plan->host, event->body.size, event->id,
                      now_s);
    signature_sign(signer, 0, &claim, out);
    buffer_add_text(out, "\r\n\r\n");
    buffer_add_slice(out, event->body);
}

static void make_all(const struct requests_plan *plan,
                     struct signature_verifier *signer,
                     struct requests *requests)
{
    const struct load load = {.seed = plan->seed,
                              .count = plan->skip + plan->count};
    struct generator *generator = generator_new(&load);
    struct generated event;
    struct buffer out;

    buffer_init(&out, REQUEST_BYTES_MAX);
    for (uint32_t i = 0; i < load.count && generator_next(generator, &event);
         i++) {
        struct request_bytes *request = &requests->items[requests->count];
        if (i < plan->skip)
            continue;
        write_request(plan, signer, &event, &out);
        request->bytes = arena_copy(&requests->arena, buffer_slice(&out));
        memcpy(request->id, event.id, sizeof(request->id));
        requests->count++;
    }
    buffer_release(&out);
    generator_free(generator);
}

int requests_make(const struct requests_plan *plan,
                  struct requests *ret_requests, struct error *err)
{
    struct signature_verifier *signer;
    struct signature_keys keys;

    if (signature_keys_init(&keys, plan->secret, err) != 0)
        return -1;
    signer = signature_verifier_new(&keys);
    signature_keys_release(&keys);
    *ret_requests = (struct requests){
        .items = memory_new(plan->count * sizeof(struct request_bytes))};
    make_all(plan, signer, ret_requests);
    signature_verifier_free(signer);
    return 0;
}

void requests_release(struct requests *requests)
{
    arena_release(&requests->arena);
    free(requests->items);
}
