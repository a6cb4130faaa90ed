/* profile - what the make-believe people and organizations are called.
 *
 * A function of an entity's key and of how often the facet in question was
 * changed.  Names have letters of several alphabets; slugs collide, are
 * reserved words, or are not there, as Clerk allows.  Pure. */
#pragma once

#include "console/world.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "user_" and 27 letters and digits: what Clerk's ids look like. */
#define PROFILE_ID_BYTES 48
void profile_id(const char *prefix, uint64_t key, char out[PROFILE_ID_BYTES]);

#define PROFILE_EMAILS_MAX 3

struct profile_user {
    const char *first_name; /* NULL: none given */
    const char *last_name;
    char username[48];                   /* "": none */
    char emails[PROFILE_EMAILS_MAX][96]; /* the first emails_count */
    unsigned emails_count;
    unsigned primary_email; /* index */
    char phone[24];         /* "": none */
    const char *locale;     /* NULL: none */
    uint64_t image;
    bool has_image;
    bool is_oauth; /* signed up with an account at Google */
};
void profile_of_user(const struct world_user *user,
                     struct profile_user *ret_profile);

/* How a membership names its user: email, else phone, else username. */
const char *profile_identifier(const struct profile_user *profile);

struct profile_organization {
    char name[128];
    char slug[128];
    bool has_slug;
    uint64_t image;
    bool has_image;
};
void profile_of_organization(const struct world_organization *organization,
                             struct profile_organization *ret_profile);

struct profile_role {
    const char *role;
    const char *name;
    const char *permissions; /* a JSON array */
};
const struct profile_role *
profile_role_of(const struct world_organization *organization,
                const struct world_membership *membership);

/* A JSON object. */
const char *profile_metadata(uint64_t key, unsigned version);
