/* ingest - the path of a request, from its head to its answer.
 *
 *     ingest_route    the request line is here
 *     ingest_head     the head is here: what can be refused without the body
 *     ingest_event    the body is here: verify, sort out, key, hand to Kafka
 *     ingest_settle   Kafka has reported: what that means for the sender
 *     ingest_finish   the answer is certain: count it, log it
 *
 * All but ingest_settle's report run on the thread that owns the connection. */
#pragma once

#include "producer/head.h"
#include "producer/kafka.h"
#include "producer/measure.h"
#include "producer/rate.h"
#include "producer/route.h"

#include <stdatomic.h>

#define INGEST_TEXT_BYTES 256

/* What all requests share. */
struct ingest {
    const struct config *config;
    struct kafka_producer *kafka;
    struct measure *measure;
    struct rate rate;
    atomic_bool is_stopping;
};

/* What a thread keeps from one request to the next. */
struct ingest_desk {
    struct signature_verifier *verifier;
    struct json_document json;
    struct arena arena;
};

struct request {
    /* From http, in the order in which it becomes known. */
    int64_t started_us;
    struct head head;
    struct buffer body;
    void (*on_report)(struct request *request); /* from Kafka's thread */

    enum route route;
    uint64_t length; /* of the body, as promised */
    bool must_close; /* the connection carries no further request */
    struct signature_claim claim;
    struct reply reply;    /* OUTCOME_OPEN until it is decided */
    enum outcome intended; /* what the reply becomes when Kafka has it */
    bool is_sent;          /* Kafka will report */
    int64_t sent_us;       /* to Kafka */
    int64_t reported_us;
    struct kafka_report report;
    char text[INGEST_TEXT_BYTES]; /* what the reply's reason points to */
    char type[INGEST_TEXT_BYTES]; /* for the log; perhaps cut */
};

void ingest_init(struct ingest *ingest, const struct config *config,
                 struct kafka_producer *kafka, struct measure *measure);
void ingest_desk_init(struct ingest_desk *desk, const struct config *config);
void ingest_desk_release(struct ingest_desk *desk);

void ingest_route(const struct ingest *ingest, struct request *request);
/* After this request->reply is decided, or the body is wanted. */
void ingest_head(const struct ingest *ingest, struct request *request,
                 const char *method);
/* After this the reply is decided, or request->is_sent. */
void ingest_event(struct ingest *ingest, struct ingest_desk *desk,
                  struct request *request);
/* The kafka_on_report of this path: keeps the report, calls on_report. */
void ingest_take_report(void *context, const struct kafka_report *report);
/* Decide by the report. */
void ingest_settle(struct ingest *ingest, struct request *request);
/* Decide without one. */
void ingest_give_up(struct request *request, enum outcome outcome,
                    const char *reason);
void ingest_finish(const struct ingest *ingest, const struct request *request);
