#include "consumer/subdomain.h"

#include <stdio.h>

static const char *const reserved[] = {
    "www",     "api",       "app",     "admin", "mail",    "smtp",
    "imap",    "ftp",       "ns",      "dns",   "cdn",     "static",
    "assets",  "img",       "blog",    "docs",  "help",    "support",
    "status",  "dashboard", "console", "auth",  "login",   "signup",
    "account", "accounts",  "billing", "test",  "staging", "dev",
};

static char keep(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '\0';
}

struct slice subdomain_base(struct slice slug, struct arena *arena)
{
    char *bytes = arena_bytes(arena, SUBDOMAIN_BASE_MAX);
    size_t size = 0;

    for (size_t i = 0; i < slug.size && size < SUBDOMAIN_BASE_MAX; i++) {
        char c = keep(slug.data[i]);
        if (c != '\0')
            bytes[size++] = c;
    }
    return (struct slice){bytes, size};
}

bool subdomain_is_reserved(struct slice base)
{
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
        if (slice_is(base, reserved[i]))
            return true;
    return false;
}

struct slice subdomain_with_suffix(struct slice base, const struct uuid *id,
                                   struct arena *arena)
{
    char suffix[IDENTITY_SUFFIX_BYTES];
    char *text = arena_bytes(arena, SUBDOMAIN_TEXT_BYTES);
    int size;

    identity_suffix(id, suffix);
    if (base.size == 0)
        base = slice_of("org");
    size = snprintf(text, SUBDOMAIN_TEXT_BYTES, "%.*s-%s", SLICE_PRINT(base),
                    suffix);
    return (struct slice){text, (size_t)size};
}
