/* clerkstream replay, clerkstream rebuild - read the log again.
 *
 * The file has the flags and which of replay.h's ways they mean. */
#include "console/replay.h"

#include "console/commands.h"
#include "shared/clock.h"

#define AT(field) offsetof(struct replay_flags, field)

#define REBUILD_FLAGS                                                          \
    {.name = "keep-rows",                                                      \
     .type = FLAG_SWITCH,                                                      \
     .offset = AT(keeps_rows),                                                 \
     .about = "Of rebuild: forget only what the merge knows; rows stay until " \
              "they are written again."},                                      \
        {.name = "incomplete",                                                 \
         .type = FLAG_SWITCH,                                                  \
         .offset = AT(is_incomplete_ok),                                       \
         .about = "Of rebuild: although the oldest events are no longer in "   \
                  "the log."},                                                 \
        {.name = "wait",                                                       \
         .type = FLAG_SWITCH,                                                  \
         .offset = AT(waits),                                                  \
         .about = "Of rebuild: until consumers have read it all, and compare " \
                  "the ids."},                                                 \
    {                                                                          \
        .name = "yes", .type = FLAG_SWITCH, .offset = AT(is_yes),              \
        .about = "Of rebuild: do it, without a question.",                     \
    }

#define COMMON_FLAGS                                                           \
    {.name = "dry-run",                                                        \
     .type = FLAG_SWITCH,                                                      \
     .offset = AT(is_dry_run),                                                 \
     .about = "Say what would happen, and change nothing."},                   \
        FLAG_TIMEOUT(struct replay_flags, "30"),                               \
        FLAG_JSON(struct replay_flags)

static const struct flag replay_flags[] = {
    {.name = "to-earliest",
     .type = FLAG_SWITCH,
     .offset = AT(to_earliest),
     .about = "Set the group to the oldest records that are there."},
    {.name = "to-latest",
     .type = FLAG_SWITCH,
     .offset = AT(to_latest),
     .about = "Set it behind the newest: what is in between is not read."},
    {.name = "to-offset",
     .type = FLAG_NUMBER,
     .is_maybe_none = true,
     .offset = AT(to_offset),
     .value = "OFFSET",
     .min = 0,
     .max = INT64_MAX,
     .about = "Set it to this offset."},
    {.name = "to-datetime",
     .type = FLAG_TIME,
     .offset = AT(to_time_ms),
     .value = "TIME",
     .about = "Set it to the first records of this time or later (RFC 3339, "
              "with zone)."},
    {.name = "by-duration",
     .type = FLAG_DURATION,
     .offset = AT(duration_ms),
     .value = "DURATION",
     .about = "Set it to the first records that are no older than this (ISO "
              "8601: PT1H)."},
    {.name = "shift-by",
     .type = FLAG_NUMBER,
     .is_maybe_none = true,
     .offset = AT(shift_by),
     .value = "N",
     .min = INT64_MIN + 1,
     .max = INT64_MAX,
     .about = "Set it so many records on, or back where N is negative."},
    {.name = "partition",
     .type = FLAG_NUMBER,
     .is_maybe_none = true,
     .offset = AT(partition),
     .value = "N",
     .min = 0,
     .max = INT32_MAX,
     .about = "Only this partition's offset."},
    {.name = "execute",
     .type = FLAG_SWITCH,
     .offset = AT(is_execute),
     .about = "As without --dry-run; for who is used to Kafka's own tool."},
    FILTER_ID(struct replay_flags),
    FILTER_TYPE(struct replay_flags),
    FILTER_ENTITY(struct replay_flags),
    FILTER_FROM(struct replay_flags),
    FILTER_TO(struct replay_flags),
    {.name = "rate",
     .type = FLAG_NUMBER,
     .offset = AT(rate),
     .value = "N",
     .fallback = "0",
     .min = 0,
     .max = 1000000,
     .about = "Apply at most so many events a second; 0: as fast as it goes."},
    {.name = "payload",
     .type = FLAG_SWITCH,
     .offset = AT(is_whole),
     .about = "Show also what the database quotes in its errors: it may be "
              "personal data."},
    {.name = "rebuild",
     .type = FLAG_SWITCH,
     .offset = AT(is_rebuild),
     .about = "The same as clerkstream rebuild."},
    REBUILD_FLAGS,
    COMMON_FLAGS,
};

static const struct flag rebuild_flags[] = {
    REBUILD_FLAGS,
    COMMON_FLAGS,
};

/* How many resets were asked for; the last of them is `ret_wish`. */
static int read_wish(const struct replay_flags *flags,
                     struct offset_wish *ret_wish)
{
    int count = 0;

    if (flags->to_earliest && ++count)
        *ret_wish = (struct offset_wish){OFFSET_TO_EARLIEST, 0};
    if (flags->to_latest && ++count)
        *ret_wish = (struct offset_wish){OFFSET_TO_LATEST, 0};
    if (flags->to_offset != FLAG_NUMBER_NONE && ++count)
        *ret_wish = (struct offset_wish){OFFSET_TO_OFFSET, flags->to_offset};
    if (flags->to_time_ms != FLAG_TIME_NONE && ++count)
        *ret_wish = (struct offset_wish){OFFSET_TO_TIME, flags->to_time_ms};
    if (flags->duration_ms != FLAG_DURATION_NONE && ++count)
        *ret_wish = (struct offset_wish){OFFSET_TO_TIME,
                                         clock_wall_ms() - flags->duration_ms};
    if (flags->shift_by != FLAG_NUMBER_NONE && ++count)
        *ret_wish = (struct offset_wish){OFFSET_SHIFT_BY, flags->shift_by};
    return count;
}

static int refuse_ways(int resets, bool is_scope, bool is_rebuild,
                       struct error *err)
{
    return error_set(
        err, ERROR_INPUT,
        "given %s, allowed is one of --to-earliest, --to-latest, --to-offset, "
        "--to-datetime, --by-duration, --shift-by, --rebuild, or --id, --type, "
        "--entity, --from, --to",
        resets == 0 && !is_scope && !is_rebuild ? "none of them"
                                                : "several of them");
}

static int run_replay(const struct console_config *config, const void *given,
                      struct error *err)
{
    struct replay_flags flags = *(const struct replay_flags *)given;
    struct offset_wish wish;
    int resets = read_wish(&flags, &wish);
    bool is_scope;

    flags.filter.status = -1; /* not asked for */
    is_scope = filter_is_given(&flags.filter);
    if (resets + is_scope + flags.is_rebuild != 1)
        return refuse_ways(resets, is_scope, flags.is_rebuild, err);
    if (flags.is_execute && flags.is_dry_run)
        return error_set(err, ERROR_INPUT,
                         "given --execute and --dry-run, allowed is one");
    if (flags.partition != FLAG_NUMBER_NONE && resets == 0)
        return error_set(err, ERROR_INPUT,
                         "--partition: given without a reset, allowed is with "
                         "--to-…, --by-duration or --shift-by");
    if (is_scope)
        return replay_scope(config, &flags, err);
    if (flags.is_rebuild)
        return replay_rebuild(config, &flags, err);
    return replay_offsets(config, &flags, &wish, err);
}

static int run_rebuild(const struct console_config *config, const void *given,
                       struct error *err)
{
    return replay_rebuild(config, given, err);
}

const struct command command_replay = {
    .name = "replay",
    .about = "Read events of the log again: all, some, or from a point on.",
    .detail =
        "With a reset (--to-…, --by-duration, --shift-by) the consumer\n"
        "group's offsets on the events topic are set, which the brokers allow\n"
        "only while it has no members: stop the consumers, replay, start\n"
        "them. Offsets that are not there become the nearest that are. The\n"
        "retry topic's offsets stay; what was waiting there is still due.\n"
        "\n"
        "With a filter (--id, --type, --entity, --from, --to) the records\n"
        "that match are applied once more, now, beside running consumers and\n"
        "under the same locks, and what changed is shown. Nothing goes back\n"
        "in time: an older event never overwrites a newer row.",
    .example = "clerkstream replay --to-earliest --dry-run\n"
               "clerkstream replay --entity user_29w83sxmDNGwOuEthce5gg56FcC",
    .flags = replay_flags,
    .flags_count = sizeof(replay_flags) / sizeof(replay_flags[0]),
    .flags_bytes = sizeof(struct replay_flags),
    .run = run_replay,
};

const struct command command_rebuild = {
    .name = "rebuild",
    .about = "Empty the tables, and let the consumers fill them from the log.",
    .detail =
        "Empties users, organizations, organization_memberships, workspaces\n"
        "and entity_versions in one transaction, and sets the consumer group\n"
        "to the earliest offsets; only while it has no members. The consumers\n"
        "that are started then make every row again, with the id it had. The\n"
        "ledger stays.\n"
        "\n"
        "It is refused where events are no longer in the log (--incomplete)\n"
        "and where tables of the application refer to ours, since their rows\n"
        "would go too: --keep-rows leaves ours in place, to be overwritten.\n"
        "To heal rows, replay --to-earliest is enough.",
    .example = "clerkstream rebuild --dry-run\n"
               "clerkstream rebuild --yes --wait",
    .flags = rebuild_flags,
    .flags_count = sizeof(rebuild_flags) / sizeof(rebuild_flags[0]),
    .flags_bytes = sizeof(struct replay_flags),
    .run = run_rebuild,
};
