#include "console/explanation.h"
#include "console/json_writer.h"
#include "consumer/events/events.h"
#include "shared/instant.h"

/* SLICE_EMPTY is null. */
static void write_text(struct json_writer *w, const char *name,
                       struct slice text)
{
    if (text.data == NULL)
        json_write_raw(w, name, "null");
    else
        json_write_slice(w, name, text);
}

static void write_time(struct json_writer *w, const char *name, int64_t ms)
{
    char text[INSTANT_TEXT_BYTES];

    json_write_text(
        w, name,
        ms != EXPLANATION_NO_TIME && instant_format(ms, text) ? text : NULL);
}

static void write_version(struct json_writer *w, const char *name,
                          const struct version *version)
{
    json_write_object(w, name);
    json_write_text(w, "class", version_class_names[version->class]);
    json_write_number(w, "t", version->t);
    json_write_text(w, "rank", version_rank_names[version->rank]);
    json_write_number(w, "ts", version->ts);
    json_write_slice(w, "id", version->id);
    json_write_end(w);
}

static void write_held(struct json_writer *w, const struct held_register *held)
{
    if (!held->is_there) {
        json_write_raw(w, "register", "null");
        return;
    }
    json_write_object(w, "register");
    if (held->has_data)
        write_version(w, "version", &held->version);
    else
        json_write_raw(w, "version", "null");
    json_write_bool(w, "is_deleted", held->is_deleted);
    write_text(w, "newest_membership", held->newest_id);
    json_write_end(w);
}

static void write_row(struct json_writer *w, const struct touched *touched)
{
    if (touched->row_id.data == NULL) {
        json_write_raw(w, "row", "null");
        return;
    }
    json_write_object(w, "row");
    json_write_slice(w, "table", touched->table);
    json_write_slice(w, "id", touched->row_id);
    json_write_slice(w, "status", touched->row_status);
    json_write_end(w);
}

static void write_id(struct json_writer *w, const struct touched *touched)
{
    struct slice organization, user;
    struct buffer pair;

    if (touched->kind != ENTITY_PAIR) {
        json_write_slice(w, "id", touched->id);
        return;
    }
    membership_split_pair(touched->id, &organization, &user);
    buffer_init(&pair, 4096);
    buffer_add_format(&pair, "%.*s %.*s", SLICE_PRINT(organization),
                      SLICE_PRINT(user));
    json_write_slice(w, "id", buffer_slice(&pair));
    buffer_release(&pair);
}

static void write_touched(struct json_writer *w, const struct touched *touched)
{
    enum decided_by by;
    struct slice against;
    enum outcome outcome = explanation_judge(touched, &by, &against);

    json_write_object(w, NULL);
    json_write_text(w, "kind", entity_kind_names[touched->kind]);
    write_id(w, touched);
    json_write_text(w, "effect", mention_effect_names[touched->effect]);
    if (touched->effect == MENTION_DATA)
        write_version(w, "version", &touched->version);
    else
        json_write_raw(w, "version", "null");
    write_held(w, &touched->held);
    json_write_text(w, "outcome", outcome_names[outcome]);
    json_write_text(w, "decided_by", decided_by_names[by]);
    write_text(w, "against", against);
    write_row(w, touched);
    json_write_end(w);
}

static void write_place(struct json_writer *w,
                        const struct explanation *explanation)
{
    json_write_object(w, "lies");
    json_write_slice(w, "topic", explanation->place.topic);
    json_write_number(w, "partition", explanation->place.partition);
    json_write_number(w, "offset", explanation->place.offset);
    json_write_bool(w, "is_there", explanation->is_record_there);
    json_write_end(w);
}

/* "a:0:1,b:2:3" as an array. */
static void write_duplicates(struct json_writer *w, struct slice places)
{
    json_write_array(w, "duplicate_places");
    while (places.size > 0) {
        const char *comma = memchr(places.data, ',', places.size);
        size_t size =
            comma != NULL ? (size_t)(comma - places.data) : places.size;
        json_write_slice(w, NULL, (struct slice){places.data, size});
        places.data += size + (comma != NULL);
        places.size -= size + (comma != NULL);
    }
    json_write_end(w);
}

void explanation_write_json(const struct explanation *explanation,
                            struct buffer *out)
{
    struct json_writer w;

    json_writer_init(&w, out);
    json_write_object(&w, NULL);
    json_write_slice(&w, "id", explanation->id);
    write_text(&w, "type", explanation->type);
    write_text(&w, "entity", explanation->entity);
    write_text(&w, "state", explanation->state);
    json_write_bool(&w, "is_in_ledger", explanation->is_in_ledger);
    write_time(&w, "signed_at", explanation->signed_ms);
    write_time(&w, "received_at", explanation->received_ms);
    write_time(&w, "processed_at", explanation->processed_ms);
    write_place(&w, explanation);
    json_write_number(&w, "attempts", explanation->attempts);
    write_time(&w, "retry_at", explanation->retry_ms);
    write_text(&w, "error", explanation->error);
    json_write_number(&w, "duplicates", explanation->duplicates);
    write_duplicates(&w, explanation->duplicate_places);
    json_write_number(&w, "replays", explanation->replays);
    json_write_number(&w, "redrives", explanation->redrives);
    write_text(&w, "dead_letter", explanation->dead_letter);
    json_write_object(&w, "signature");
    json_write_text(&w, "state", signature_state_names[explanation->signature]);
    if (explanation->signature == SIGNATURE_VALID)
        json_write_number(&w, "secret", explanation->secret);
    else
        json_write_raw(&w, "secret", "null");
    json_write_end(&w);
    json_write_array(&w, "entities");
    for (size_t i = 0; i < explanation->touched_count; i++)
        write_touched(&w, &explanation->touched[i]);
    json_write_end(&w);
    if (explanation->payload.data != NULL)
        json_write_slice(&w, "payload", explanation->payload);
    json_write_end(&w);
    buffer_add_char(out, '\n');
}
