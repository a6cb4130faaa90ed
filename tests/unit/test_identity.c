/* Ids of rows, against what Python's uuid.uuid5() says. */
#include "consumer/identity.h"

#include <openssl/sha.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define X16 "xxxxxxxxxxxxxxxx"
#define X64 X16 X16 X16 X16

static const struct {
    const char *clerk_id;
    const char *id;
    const char *workspace_id;
    const char *suffix; /* of the id */
} ids[] = {
    {"user_3c8cpMNQatQWDgFTWOSrUjohOSz", "eff4d85c-9e8d-56d9-b0bc-b3b6ca4579d9",
     "84349b5d-125d-5778-8e1a-b12849a744d1", "eff4d85c9e8d"},
    {"org_3KEqjHIzNP8RVB2cv0unOAK2lXG", "c76bc560-ce22-561f-87de-4af906c2abef",
     "9919282b-f004-543d-a644-05992fb90d01", "c76bc560ce22"},
    {"orgmem_3zNsKvjGTe89aGWMdHSZHIUIZ4S",
     "9662f990-9418-519b-bc04-cd1a9e4ac7df",
     "bbb2d094-50d8-5cf6-862a-79c8ff34e4bb", "9662f9909418"},
    {"a", "5cf90074-f776-545c-bd1c-2b28cc8371be",
     "8bbbf0ce-3011-5fe5-834f-371271363850", "5cf90074f776"},
    {"user_\xc3\xa9\xf0\x9f\xa6\x8a", "4f53b9d6-aa7f-575c-b379-f9bf0c865b38",
     "62afa129-6d6f-5d81-958c-0bc0f2aec0b4", "4f53b9d6aa7f"},
    {X64 X64 X64 X64, "ad24996b-5d40-5ff5-85f2-3dc4bb5929ad",
     "d11efe0c-3aaa-58b6-94d6-fae85f3d13e6", "ad24996b5d40"},
};

static void assert_uuid(struct uuid id, const char *expected)
{
    char text[40] = "";
    size_t used = 0;

    for (int i = 0; i < 16; i++) {
        bool is_group = i == 4 || i == 6 || i == 8 || i == 10;
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%02x",
                                 is_group ? "-" : "", id.bytes[i]);
    }
    assert_string_equal(text, expected);
}

static void an_id_is_what_another_library_makes_of_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        struct slice clerk_id = slice_of(ids[i].clerk_id);
        struct uuid id = identity_of(clerk_id);
        char suffix[IDENTITY_SUFFIX_BYTES];
        assert_uuid(id, ids[i].id);
        assert_uuid(identity_of_workspace(clerk_id), ids[i].workspace_id);
        identity_suffix(&id, suffix);
        assert_string_equal(suffix, ids[i].suffix);
    }
}

/* RFC 9562, section 5.5: the digest of the namespace's bytes and the name. */
static struct uuid made_anew(struct uuid space, const char *name)
{
    unsigned char text[64], digest[SHA_DIGEST_LENGTH];
    size_t size = strlen(name);
    struct uuid id;

    memcpy(text, space.bytes, 16);
    memcpy(text + 16, name, size);
    SHA1(text, 16 + size, digest);
    memcpy(id.bytes, digest, 16);
    id.bytes[6] = (unsigned char)((id.bytes[6] & 0x0f) | 5 << 4);
    id.bytes[8] = (unsigned char)((id.bytes[8] & 0x3f) | 2 << 6);
    return id;
}

static void the_namespace_is_that_of_our_name_among_domains(void **state)
{
    const struct uuid dns = {{0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1,
                              0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8}};
    struct uuid space = made_anew(dns, "clerkstream");
    struct uuid expected = made_anew(space, "user_1");
    struct uuid found = identity_of(slice_of("user_1"));

    (void)state;
    assert_uuid(space, "97278d3d-bc76-5eea-8e38-74c5c641c556");
    assert_memory_equal(&found, &expected, sizeof(found));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_is_what_another_library_makes_of_it),
        cmocka_unit_test(the_namespace_is_that_of_our_name_among_domains),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
