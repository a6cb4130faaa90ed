/* signature - was this body signed by a key we hold, recently enough?
 *
 * Svix / Standard Webhooks v1: HMAC-SHA256 over "<id>.<timestamp>.<body>", the
 * header holds entries "v1,<base64>" with blanks between.  Pure: the caller
 * passes the time.  Only canonical, padded, standard base64 is a signature;
 * entries that are none, or of another version, are passed over; digests are
 * compared in constant time. */
#pragma once

#include "shared/buffer.h"
#include "shared/error.h"
#include "shared/slice.h"

#include <stddef.h>
#include <stdint.h>

#define SIGNATURE_KEYS_MAX 16
#define SIGNATURE_KEY_BYTES_MAX 256
#define SIGNATURE_KEY_BYTES_MIN 16

struct signature_key {
    unsigned char bytes[SIGNATURE_KEY_BYTES_MAX];
    size_t size;
};

struct signature_keys {
    struct signature_key keys[SIGNATURE_KEYS_MAX];
    size_t count;
};

/* What is signed, and what claims to have signed it. */
struct signature_claim {
    struct slice id;
    struct slice timestamp; /* as received */
    struct slice signatures;
    struct slice body;
};

/* Secrets with blanks or commas between them: "whsec_" optional, standard
 * base64, padding optional, 16 to 256 bytes decoded.  -1 with ERROR_INPUT and
 * a text that does not hold the secret. */
int signature_keys_init(struct signature_keys *keys, const char *secrets,
                        struct error *err);
void signature_keys_release(struct signature_keys *keys); /* wipes them */

/* Keyed contexts, so that a signature costs one hash: one per thread. */
struct signature_verifier;
struct signature_verifier *
signature_verifier_new(const struct signature_keys *keys); /* copies them */
void signature_verifier_free(struct signature_verifier *verifier);

/* Returns the position of the key that matches, from 0; or -1 with
 * ERROR_ACCESS: the timestamp is not of [0-9]{1,19}, is more than
 * `tolerance_s` away from `now_s`, or no signature matches.  The text is the
 * same for all. */
int signature_verify(struct signature_verifier *verifier,
                     const struct signature_claim *claim, int64_t now_s,
                     int64_t tolerance_s, struct error *err);

/* Append "v1,<base64>" by key `key`; `claim->signatures` is not looked at. */
void signature_sign(struct signature_verifier *verifier, size_t key,
                    const struct signature_claim *claim, struct buffer *out);
