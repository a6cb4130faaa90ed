#include "console/profile.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array) (uint32_t)(sizeof(array) / sizeof((array)[0]))
#define PICK(dice, array) (array)[dice_below(dice, COUNT(array))]

/* What dice are rolled for. */
enum purpose {
    FOR_ID = 0x100,
    FOR_SIGN_UP,
    FOR_NAME,
    FOR_EMAILS,
    FOR_USERNAME,
    FOR_PHONE,
    FOR_IMAGE,
    FOR_METADATA,
    FOR_SLUG,
    FOR_ROLE,
};

struct name {
    const char *shown;
    const char *plain; /* as in an address */
};

static const struct name first_names[] = {
    {"Ada", "ada"},           {"Aisha", "aisha"},   {"Björn", "bjorn"},
    {"Chloé", "chloe"},       {"Dmitri", "dmitri"}, {"Elif", "elif"},
    {"François", "francois"}, {"Grace", "grace"},   {"Hana", "hana"},
    {"Ilse", "ilse"},         {"José", "jose"},     {"Kwame", "kwame"},
    {"Łukasz", "lukasz"},     {"Mei", "mei"},       {"Nguyễn", "nguyen"},
    {"Ólafur", "olafur"},     {"Priya", "priya"},   {"Quinn", "quinn"},
    {"Rosa", "rosa"},         {"Søren", "soren"},   {"Tomás", "tomas"},
    {"Uma", "uma"},           {"Вера", "vera"},     {"美咲", "misaki"},
};
static const struct name last_names[] = {
    {"Abara", "abara"},        {"Brandvik", "brandvik"},
    {"Castillo", "castillo"},  {"D'Angelo", "dangelo"},
    {"Eriksen", "eriksen"},    {"Fernández", "fernandez"},
    {"Großmann", "grossmann"}, {"Haddad", "haddad"},
    {"Ivanova", "ivanova"},    {"Jensen", "jensen"},
    {"Kowalski", "kowalski"},  {"Lovelace", "lovelace"},
    {"Müller", "muller"},      {"Novák", "novak"},
    {"O'Brien", "obrien"},     {"Patel", "patel"},
    {"Quispe", "quispe"},      {"Rossi", "rossi"},
    {"Şahin", "sahin"},        {"Tanaka", "tanaka"},
    {"Usman", "usman"},        {"Virtanen", "virtanen"},
    {"Wójcik", "wojcik"},      {"Zhang-Okafor", "zhang.okafor"},
};
static const char *const domains[] = {
    "example.com",    "example.org",  "mail.example.net",
    "school.example", "post.example",
};
static const char *const locales[] = {NULL, "en-GB", "en-US", "de-DE", "pt-BR"};

static const char *const adjectives[] = {
    "Amber",   "Blue",     "Cedar",  "Distant", "Eastern", "First",
    "Golden",  "Harbour",  "Iron",   "Juniper", "Kind",    "Lantern",
    "Morning", "Northern", "Open",   "Pioneer", "Quiet",   "River",
    "Silver",  "Third",    "United", "Valley",  "Winter",  "Young",
};
static const char *const nouns[] = {
    "Academy", "Bakery",  "Clinic",      "Dairy",     "Engineering", "Foundry",
    "Gardens", "House",   "Institute",   "Journal",   "Kitchen",     "Labs",
    "Museum",  "Network", "Observatory", "Press",     "Quarry",      "Robotics",
    "School",  "Theatre", "University",  "Vineyards", "Works",       "Yard",
};
static const char *const towns[] = {
    "Aarhus", "Bergen", "Cork", "Delft", "Évora", "Fès", "Göttingen", "Hull",
};
/* All of them come down to one of two subdomains. */
static const char *const colliding_slugs[] = {
    "acme", "ac-me", "acme-", "a-c-m-e", "globex", "glo-bex",
};
static const char *const reserved_slugs[] = {
    "www", "app", "admin", "api", "status", "sta-tus", "docs", "mail",
};
static const char long_slug[] =
    "the-extraordinarily-long-winded-society-of-friends-of-";

static const struct profile_role roles[] = {
    {"org:admin", "Admin",
     "[\"org:sys_memberships:manage\",\"org:sys_profile:manage\","
     "\"org:sys_profile:delete\",\"org:sys_domains:manage\"]"},
    {"org:member", "Member", "[\"org:sys_memberships:read\"]"},
    {"org:teacher", "Teacher",
     "[\"org:sys_memberships:read\",\"org:lessons:write\"]"},
    {"org:billing_manager", "Billing manager",
     "[\"org:sys_billing:read\",\"org:sys_billing:manage\"]"},
    {"basic_member", "Member", "[]"},
    {"admin", "Admin", "[]"},
};

static const char *const metadatas[] = {
    "{}",
    "{}",
    "{\"plan\":\"free\",\"onboarded\":false}",
    "{\"plan\":\"pro\",\"onboarded\":true,\"seats\":12}",
    "{\"cohort\":\"2025-autumn\",\"tags\":[\"beta\",\"español\"]}",
    "{\"preferences\":{\"theme\":\"dark\",\"digest\":null},\"score\":0.75}",
};

/* The same facet of the same entity, changed as often: the same dice. */
static struct dice dice_of(uint64_t key, enum purpose purpose, unsigned version)
{
    return dice_for(key, (uint64_t)purpose << 16 | version);
}

void profile_id(const char *prefix, uint64_t key, char out[PROFILE_ID_BYTES])
{
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz";
    struct dice dice = dice_of(key, FOR_ID, 0);
    size_t size = strlen(prefix);

    memcpy(out, prefix, size);
    out[size++] = '3'; /* of this decade */
    for (int i = 1; i < 27; i++)
        out[size++] = letters[dice_below(&dice, 62)];
    out[size] = '\0';
}

/* How somebody signed up decides what they have. */
struct sign_up {
    bool has_email, has_phone, has_username, is_oauth, has_name;
};

static struct sign_up sign_up_of(const struct world_user *user)
{
    struct dice dice = dice_of(user->key, FOR_SIGN_UP, 0);
    uint32_t way = dice_below(&dice, 100);
    bool chose_username = dice_percent(&dice, 25);
    bool gave_name = dice_percent(&dice, 90);

    return (struct sign_up){
        .has_email = way < 86,
        .has_phone = way >= 80 && way < 94,
        .has_username = way >= 94 || chose_username,
        .is_oauth = way < 15,
        .has_name = gave_name,
    };
}

static void set_emails(const struct world_user *user,
                       const struct sign_up *sign_up, const struct name *first,
                       const struct name *last, struct profile_user *profile)
{
    unsigned version = user->facets[USER_EMAILS];
    struct dice dice = dice_of(user->key, FOR_EMAILS, 0);

    profile->emails_count = (sign_up->has_email ? 1 : 0) + version % 3;
    if (profile->emails_count > 0)
        profile->primary_email = version % profile->emails_count;
    for (unsigned i = 0; i < profile->emails_count; i++) {
        uint32_t number = dice_below(&dice, 10000);
        snprintf(profile->emails[i], sizeof(profile->emails[i]), "%s.%s%u@%s",
                 first->plain, last->plain, number, PICK(&dice, domains));
    }
}

static void set_names(const struct world_user *user,
                      const struct sign_up *sign_up,
                      struct profile_user *profile)
{
    struct dice dice = dice_of(user->key, FOR_NAME, user->facets[USER_NAME]);

    if (!sign_up->has_name && user->facets[USER_NAME] == 0)
        return;
    profile->first_name = PICK(&dice, first_names).shown;
    if (!dice_percent(&dice, 5))
        profile->last_name = PICK(&dice, last_names).shown;
}

void profile_of_user(const struct world_user *user,
                     struct profile_user *ret_profile)
{
    struct sign_up sign_up = sign_up_of(user);
    struct dice dice = dice_of(user->key, FOR_USERNAME, 0);
    const struct name *first = &PICK(&dice, first_names);
    const struct name *last = &PICK(&dice, last_names);

    *ret_profile = (struct profile_user){.is_oauth = sign_up.is_oauth};
    set_names(user, &sign_up, ret_profile);
    set_emails(user, &sign_up, first, last, ret_profile);
    if (sign_up.has_username || user->facets[USER_USERNAME] > 0)
        snprintf(ret_profile->username, sizeof(ret_profile->username), "%s_%u",
                 first->plain,
                 dice_below(&dice, 100000) + user->facets[USER_USERNAME]);
    dice = dice_of(user->key, FOR_PHONE, user->facets[USER_PHONE]);
    if (sign_up.has_phone || user->facets[USER_PHONE] % 2 == 1)
        snprintf(ret_profile->phone, sizeof(ret_profile->phone), "+1555%07u",
                 dice_below(&dice, 10000000));
    ret_profile->locale = locales[user->key % COUNT(locales)];
    dice = dice_of(user->key, FOR_IMAGE, user->facets[USER_IMAGE]);
    ret_profile->image = dice_roll(&dice);
    ret_profile->has_image = sign_up.is_oauth || user->facets[USER_IMAGE] > 0;
}

const char *profile_identifier(const struct profile_user *profile)
{
    if (profile->emails_count > 0)
        return profile->emails[profile->primary_email];
    return profile->phone[0] != '\0' ? profile->phone : profile->username;
}

/* "Blue Labs of Hull" becomes "blue-labs-of-hull"; other letters are lost. */
static void slug_of_name(const char *name, char *out, size_t size)
{
    size_t used = 0;

    for (; *name != '\0' && used + 1 < size; name++) {
        unsigned char c = (unsigned char)*name;
        if (c < 0x80)
            out[used++] = isalnum(c) ? (char)tolower(c) : '-';
    }
    out[used] = '\0';
}

static void set_slug(const struct world_organization *organization,
                     struct profile_organization *profile)
{
    struct dice dice = dice_of(organization->key, FOR_SLUG,
                               organization->facets[ORGANIZATION_SLUG]);
    uint32_t kind = dice_below(&dice, 100);

    profile->has_slug = kind < 97;
    if (kind < 10)
        snprintf(profile->slug, sizeof(profile->slug), "%s",
                 PICK(&dice, colliding_slugs));
    else if (kind < 16)
        snprintf(profile->slug, sizeof(profile->slug), "%s",
                 PICK(&dice, reserved_slugs));
    else if (kind < 18)
        snprintf(profile->slug, sizeof(profile->slug), "%s%u", long_slug,
                 dice_below(&dice, 1000));
    else
        slug_of_name(profile->name, profile->slug, sizeof(profile->slug));
}

void profile_of_organization(const struct world_organization *organization,
                             struct profile_organization *ret_profile)
{
    struct dice dice = dice_of(organization->key, FOR_NAME,
                               organization->facets[ORGANIZATION_NAME]);
    const char *adjective = PICK(&dice, adjectives);
    const char *noun = PICK(&dice, nouns);

    *ret_profile = (struct profile_organization){.has_slug = false};
    snprintf(ret_profile->name, sizeof(ret_profile->name), "%s %s of %s",
             adjective, noun, PICK(&dice, towns));
    set_slug(organization, ret_profile);
    dice = dice_of(organization->key, FOR_IMAGE,
                   organization->facets[ORGANIZATION_IMAGE]);
    ret_profile->image = dice_roll(&dice);
    ret_profile->has_image = organization->facets[ORGANIZATION_IMAGE] > 0;
}

const struct profile_role *
profile_role_of(const struct world_organization *organization,
                const struct world_membership *membership)
{
    unsigned version = membership->facets[MEMBERSHIP_ROLE];
    struct dice dice = dice_of(membership->key, FOR_ROLE, version);

    if (version == 0 && membership->user == organization->founder)
        return &roles[0];
    return dice_percent(&dice, 60) ? &roles[1] : &PICK(&dice, roles);
}

const char *profile_metadata(uint64_t key, unsigned version)
{
    struct dice dice = dice_of(key, FOR_METADATA, version);

    return PICK(&dice, metadatas);
}
