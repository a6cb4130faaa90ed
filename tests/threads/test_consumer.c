/* The consumer's own threads beside each other: workers that lose and get
 * partitions, a database and a broker that fail, metrics and status read by the
 * admin listener, SIGTERM in the middle and a second start.  Kafka and
 * PostgreSQL are fake_consumer.h.  Made for the thread sanitizer; and whatever
 * the threads do, the tables are those of one worker that nothing happens to.
 */
#include "consumer/consume.h"
#include "consumer/kafka_sink.h"
#include "shared/clock.h"
#include "shared/http_admin.h"
#include "shared/stop.h"
#include "tests/lib/figures.h"
#include "tests/threads/fake_consumer.h"
#include "tests/threads/visitor.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <cmocka.h>

#define WORKERS 4
#define PATIENCE_MS 60000
#define LOOK_US 5000

struct program {
    struct consumer_config cfg;
    struct meters meters;
    struct kafka_watch *watch;
    struct outlet *outlet;
    struct http_admin *admin;
    struct worker workers[WORKERS];
    char listen[32];
    pthread_t operator;
    atomic_bool is_over;
};

struct fake_world *fake_world;
static struct program program;
static _Atomic int *answers; /* shared with the program's process */

static const char *lookup(const char *name)
{
    static const struct {
        const char *name, *value;
    } settings[] = {
        {"CONSUMER_ADMIN_LISTEN", program.listen},
        {"CONSUMER_BATCH_MAX", "10"},
        {"CONSUMER_LOCK_TIMEOUT_MS", "20"},
    };

    if (strcmp(name, "CONSUMER_WORKERS") == 0)
        return fake_world->is_wild ? "4" : "1";
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
        if (strcmp(settings[i].name, name) == 0)
            return settings[i].value;
    return NULL;
}

static bool is_ready(void *context, char reason[HTTP_ADMIN_REASON_BYTES])
{
    (void)context;
    if (!kafka_watch_is_ready(program.watch, reason))
        return false;
    for (int64_t i = 0; i < program.cfg.workers; i++)
        if (!worker_is_ready(&program.workers[i], reason))
            return false;
    return true;
}

static void render(void *context, struct buffer *out)
{
    char reason[HTTP_ADMIN_REASON_BYTES];

    metric_set(program.meters.ready, is_ready(context, reason));
    metrics_render(&program.meters.registry, out);
}

static void *operator(void *context)
{
    static const char *const asked[] = {
        "GET /metrics HTTP/1.0\r\n\r\n",
        "GET /readyz HTTP/1.0\r\n\r\n",
        "GET /healthz HTTP/1.0\r\n\r\n",
    };
    char text[4096];
    int fd;

    (void)context;
    for (size_t i = 0; !atomic_load(&program.is_over); i++) {
        fd = visitor_open(&program.cfg.admin_listen);
        if (fd < 0)
            break;
        visitor_say(fd, asked[i % 3], strlen(asked[i % 3]));
        while (recv(fd, text, sizeof(text), 0) > 0)
            continue;
        atomic_fetch_add(answers, 1);
        close(fd);
    }
    return NULL;
}

static void open_program(void)
{
    const struct http_admin_hooks hooks = {is_ready, render, NULL};
    struct error err;

    visitor_choose(program.listen);
    if (consumer_config_init(&program.cfg, lookup, &err) != 0)
        abort();
    log_init("threads", LOG_DEBUG, LOG_JSON);
    stop_install();
    meters_init(&program.meters, "none");
    outlet_open(&program.cfg.common, &program.outlet, &err);
    kafka_watch_open(&program.cfg.common, NULL, 0, &program.watch, &err);
    for (int64_t i = 0; i < program.cfg.workers; i++) {
        const struct worker_setting set = {&program.cfg, program.watch,
                                           program.outlet, &program.meters};
        if (worker_init(&program.workers[i], &set, (int)i + 1, &err) != 0)
            abort();
    }
    if (http_admin_open(&program.cfg.admin_listen, "ADMIN", &hooks,
                        &program.admin, &err) != 0)
        abort();
}

static void close_program(void)
{
    http_admin_close(program.admin);
    for (int64_t i = 0; i < program.cfg.workers; i++)
        worker_release(&program.workers[i]);
    outlet_close(program.outlet);
    kafka_watch_close(program.watch);
    meters_release(&program.meters);
    consumer_config_release(&program.cfg);
}

/* As consumer/main.c does, until SIGTERM. */
static void run_program(void)
{
    open_program();
    pthread_create(&program.operator, NULL, operator, NULL);
    for (int64_t i = 0; i < program.cfg.workers; i++)
        pthread_create(&program.workers[i].thread, NULL, consume,
                       &program.workers[i]);
    while (!stop_wait(60000))
        continue;
    for (int64_t i = 0; i < program.cfg.workers; i++)
        pthread_join(program.workers[i].thread, NULL);
    atomic_store(&program.is_over, true);
    pthread_join(program.operator, NULL);
    close_program();
}

static int events_in_the_log(void)
{
    int count = 0;

    for (int event = 0; event < FAKE_EVENTS; event++)
        count += !fake_is_repeat(event);
    return count;
}

/* Whether so many events are settled, and where these are all, the log read. */
static bool has_come_to(int settled)
{
    if (atomic_load(&fake_world->settled) < settled)
        return false;
    for (int p = 0; settled == events_in_the_log() && p < FAKE_PARTITIONS; p++)
        if (atomic_load(&fake_world->committed[STREAM_EVENTS][p]) <
            FAKE_RECORDS)
            return false;
    return true;
}

/* In a process of its own, until that is so; then SIGTERM. */
static void run_until(int settled)
{
    int64_t deadline_ms = clock_steady_ms() + PATIENCE_MS;
    int status = 0;
    pid_t child, gone = 0;

    fflush(NULL);
    child = fork();
    if (child == 0) {
        run_program();
        exit(EXIT_SUCCESS);
    }
    while (!has_come_to(settled) && clock_steady_ms() < deadline_ms &&
           (gone = waitpid(child, &status, WNOHANG)) == 0)
        usleep(LOOK_US);
    if (gone == 0) {
        kill(child, SIGTERM);
        waitpid(child, &status, 0);
    }
    assert_int_equal(status, 0);
    assert_true(has_come_to(settled));
}

static void *shared_memory(size_t size)
{
    void *made = mmap(NULL, size, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    assert_true(made != MAP_FAILED);
    return made;
}

static void is_settled_once(const struct fake_world *world, int event)
{
    const struct fake_ledger_row *row = &world->ledger[event];
    enum fake_nature nature = fake_nature_of(event);
    bool is_failed = nature == FAKE_BROKEN || nature == FAKE_REFUSED;

    assert_true(row->exists);
    assert_int_equal(row->status == VERDICT_FAILED, is_failed);
    assert_int_equal(row->status == VERDICT_IGNORED, nature == FAKE_IGNORED);
    assert_int_equal(world->dead_letters[event] > 0, is_failed);
    assert_int_equal(row->duplicates, fake_is_repeat(event + 1));
}

static void tables_are_equal(const struct fake_world *a,
                             const struct fake_world *b)
{
    assert_memory_equal(a->users, b->users, sizeof(a->users));
    assert_memory_equal(a->workspaces, b->workspaces, sizeof(a->workspaces));
    for (int user = 0; user < FAKE_USERS; user++)
        for (int i = 0; i < FAKE_COLUMNS; i++)
            if (i != FAKE_REGISTER_FAILURE)
                assert_memory_equal(&a->registers[user].cells[i],
                                    &b->registers[user].cells[i],
                                    sizeof(a->registers[user].cells[i]));
}

static void the_tables_do_not_know_of_the_threads(void **state)
{
    struct fake_world *calm = shared_memory(sizeof(*calm));
    struct fake_world *wild = shared_memory(sizeof(*wild));
    int count = events_in_the_log();

    (void)state;
    answers = shared_memory(sizeof(*answers));
    fake_world = calm;
    run_until(count);
    wild->is_wild = true;
    fake_world = wild;
    run_until(count / 2);
    run_until(count);
    figure("%d events, %d failures, %d rebalances, %d lost letters, %d retries,"
           " %d answers to the operator",
           count, wild->failures, wild->rebalances, wild->lost_letters,
           wild->retries_count, *answers);
    for (int event = 0; event < FAKE_EVENTS; event++) {
        if (fake_is_repeat(event))
            continue;
        is_settled_once(calm, event);
        is_settled_once(wild, event);
    }
    tables_are_equal(calm, wild);
    assert_true(wild->failures > 0 && wild->rebalances > 0);
    assert_true(wild->retries_count > 0 && *answers > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tables_do_not_know_of_the_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
