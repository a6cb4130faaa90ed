#include "tests/threads/fake_consumer.h"

#include <stdio.h>
#include <stdlib.h>

#define PER_PARTITION (FAKE_USERS / FAKE_PARTITIONS)
#define BEGINNING_MS INT64_C(1700000000000)
#define REPEAT_EVERY 10
#define DELETED_AT 40

int fake_event_at(int32_t partition, int64_t offset)
{
    int user = (int)partition + FAKE_PARTITIONS * ((int)offset % PER_PARTITION);
    int event = user * FAKE_STEPS + (int)offset / PER_PARTITION;

    return fake_is_repeat(event) ? event - 1 : event;
}

int fake_user_of(int event)
{
    return event / FAKE_STEPS;
}

bool fake_is_repeat(int event)
{
    return event % FAKE_STEPS % REPEAT_EVERY == REPEAT_EVERY - 1;
}

enum fake_nature fake_nature_of(int event)
{
    int step = event % FAKE_STEPS;

    if (step % 13 == 5)
        return FAKE_IGNORED;
    if (step % 17 == 7)
        return FAKE_BROKEN;
    if (step % 19 == 11)
        return FAKE_REFUSED;
    return step % 14 == 3 ? FAKE_STUMBLES : FAKE_PLAIN;
}

void fake_write_id(int event, char out[32])
{
    snprintf(out, 32, "msg_%02d_%03d", fake_user_of(event), event % FAKE_STEPS);
}

/* What comes later is not always newer. */
void fake_write_body(int event, char out[256])
{
    int user = fake_user_of(event), step = event % FAKE_STEPS;
    long long time_ms = BEGINNING_MS + step * 7 % 50;
    enum fake_nature nature = fake_nature_of(event);

    if (nature == FAKE_BROKEN)
        snprintf(out, 256, "{");
    else if (nature == FAKE_IGNORED)
        snprintf(out, 256,
                 "{\"type\":\"session.created\",\"data\":"
                 "{\"user_id\":\"user_%02d\"}}",
                 user);
    else if (step == DELETED_AT && user % 4 == 3)
        snprintf(out, 256,
                 "{\"type\":\"user.deleted\",\"timestamp\":%lld,"
                 "\"data\":{\"id\":\"user_%02d\",\"deleted\":true}}",
                 time_ms, user);
    else
        snprintf(out, 256,
                 "{\"type\":\"user.updated\",\"timestamp\":%lld,\"data\":"
                 "{\"id\":\"user_%02d\",\"first_name\":\"step %d\","
                 "\"created_at\":%lld,\"updated_at\":%lld}}",
                 time_ms, user, step, (long long)BEGINNING_MS, time_ms);
}

static int number_behind(struct slice text, size_t at)
{
    char digits[8] = "";

    for (size_t i = 0; i < sizeof(digits) - 1 && at + i < text.size; i++)
        digits[i] = text.data[at + i];
    return (int)strtol(digits, NULL, 10);
}

int fake_user_named(struct slice id)
{
    if (id.size != strlen("user_00") || memcmp(id.data, "user_", 5) != 0)
        abort();
    return number_behind(id, strlen("user_"));
}

int fake_event_named(struct slice id)
{
    if (id.size != strlen("msg_00_000") || memcmp(id.data, "msg_", 4) != 0)
        abort();
    return number_behind(id, strlen("msg_")) * FAKE_STEPS +
           number_behind(id, strlen("msg_00_"));
}
