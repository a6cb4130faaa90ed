#include "consumer/identity.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdlib.h>

/* UUIDv5(6ba7b810-9dad-11d1-80b4-00c04fd430c8, "clerkstream"); a test makes it
 * anew. */
static const struct uuid namespace_id = {{0x97, 0x27, 0x8d, 0x3d, 0xbc, 0x76,
                                          0x5e, 0xea, 0x8e, 0x38, 0x74, 0xc5,
                                          0xc6, 0x41, 0xc5, 0x56}};

/* Fetched once, for the life of the process: fetching costs more than hashing.
 */
static EVP_MD *sha1;
static pthread_once_t sha1_once = PTHREAD_ONCE_INIT;

static void find_sha1(void)
{
    sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
}

static struct uuid name_based(const struct uuid *space, const char *prefix,
                              struct slice name)
{
    unsigned char text[16 + 16 + 1024], digest[SHA_DIGEST_LENGTH];
    size_t size = 16, prefix_size = strlen(prefix);
    struct uuid id;

    if (name.size > sizeof(text) - 32)
        abort(); /* ids are checked before they get here */
    memcpy(text, space->bytes, 16);
    memcpy(text + size, prefix, prefix_size);
    size += prefix_size;
    memcpy(text + size, name.data, name.size);
    pthread_once(&sha1_once, find_sha1);
    if (EVP_Digest(text, size + name.size, digest, NULL, sha1, NULL) != 1)
        abort(); /* out of memory */
    memcpy(id.bytes, digest, 16);
    id.bytes[6] = (id.bytes[6] & 0x0f) | 0x50;
    id.bytes[8] = (id.bytes[8] & 0x3f) | 0x80;
    return id;
}

struct uuid identity_of(struct slice clerk_id)
{
    return name_based(&namespace_id, "", clerk_id);
}

struct uuid identity_of_workspace(struct slice clerk_user_id)
{
    return name_based(&namespace_id, "workspace:", clerk_user_id);
}

void identity_suffix(const struct uuid *id, char out[IDENTITY_SUFFIX_BYTES])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < IDENTITY_SUFFIX_BYTES / 2; i++) {
        out[2 * i] = digits[id->bytes[i] >> 4];
        out[2 * i + 1] = digits[id->bytes[i] & 15];
    }
    out[IDENTITY_SUFFIX_BYTES - 1] = '\0';
}
