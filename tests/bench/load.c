/* load - posts signed webhooks to an address and says how it went, as JSON.
 *
 * Everything is signed before the first is sent.  With --wait it says "ready"
 * and starts when a line comes on standard input, so that whoever measures can
 * look at the clocks first.  --times FILE: the svix-id of each request and when
 * it was due, in microseconds since 1970. */

#include "tests/bench/clients.h"
#include "tests/bench/cpu_time.h"

#include "shared/memory.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arguments {
    struct requests_plan requests;
    struct clients_plan clients;
    const char *times_path;
    bool waits;
};

static int64_t number_of(const char *text)
{
    return strtoll(text, NULL, 10);
}

static void set(struct arguments *args, int letter, const char *value)
{
    switch (letter) {
    case 'a':
        args->requests.host = value;
        break;
    case 'p':
        args->requests.path = value;
        break;
    case 'c':
        args->clients.connections = (unsigned)number_of(value);
        break;
    case 'r':
        args->clients.rate = number_of(value);
        break;
    case 'm':
        args->clients.run_us = number_of(value) * 1000;
        break;
    case 'e':
        args->requests.count = (uint32_t)number_of(value);
        break;
    case 'k':
        args->requests.skip = (uint32_t)number_of(value);
        break;
    case 's':
        args->requests.seed = (uint64_t)number_of(value);
        break;
    case 't':
        args->times_path = value;
        break;
    case 'w':
        args->waits = true;
        break;
    default:
        exit(2);
    }
}

static void read_arguments(int count, char **words, struct arguments *args)
{
    static const struct option options[] = {
        {"address", required_argument, NULL, 'a'},
        {"path", required_argument, NULL, 'p'},
        {"connections", required_argument, NULL, 'c'},
        {"rate", required_argument, NULL, 'r'},
        {"milliseconds", required_argument, NULL, 'm'},
        {"events", required_argument, NULL, 'e'},
        {"skip", required_argument, NULL, 'k'},
        {"seed", required_argument, NULL, 's'},
        {"times", required_argument, NULL, 't'},
        {"wait", no_argument, NULL, 'w'},
        {NULL, 0, NULL, 0}};
    int letter;

    while ((letter = getopt_long(count, words, "", options, NULL)) != -1)
        set(args, letter, optarg);
}

static void read_address(struct arguments *args)
{
    char host[64];
    const char *colon = strchr(args->requests.host, ':');
    struct sockaddr_in *address = &args->clients.address;

    if (colon == NULL) {
        fprintf(stderr, "load: --address wants host:port\n");
        exit(2);
    }
    snprintf(host, sizeof(host), "%.*s", (int)(colon - args->requests.host),
             args->requests.host);
    address->sin_family = AF_INET;
    address->sin_port = htons((uint16_t)number_of(colon + 1));
    inet_pton(AF_INET, host, &address->sin_addr);
}

static void write_times(const struct arguments *args,
                        const struct requests *requests, uint64_t sent)
{
    FILE *file = fopen(args->times_path, "w");

    if (file == NULL) {
        perror(args->times_path);
        exit(1);
    }
    for (uint64_t i = 0; i < sent && i < requests->count; i++)
        fprintf(file, "%s %lld\n", requests->items[i].id,
                (long long)args->clients.due_wall_us[i]);
    fclose(file);
}

static void tell(const struct clients_result *result, double cpu_s)
{
    static const double shares[] = {0.5, 0.9, 0.99, 0.999};

    printf("{\"answered\":%llu,\"refused\":%llu,\"lost\":%llu,\"sent\":%llu,"
           "\"most_waiting\":%llu,\"seconds\":%.6f,\"cpu_seconds\":%.6f",
           (unsigned long long)result->answered,
           (unsigned long long)result->refused,
           (unsigned long long)result->lost, (unsigned long long)result->sent,
           (unsigned long long)result->most_waiting,
           (double)result->elapsed_us / 1e6, cpu_s);
    for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++)
        printf(",\"p%g_ms\":%.3f", shares[i] * 100,
               (double)latencies_at(&result->latencies, shares[i]) / 1000);
    printf(",\"max_ms\":%.3f}\n", (double)result->latencies.most_us / 1000);
}

static void wait_for_line(void)
{
    puts("ready");
    fflush(stdout);
    if (getchar() == EOF)
        exit(1);
}

int main(int count, char **words)
{
    struct arguments args = {
        .requests = {.host = "127.0.0.1:8788",
                     .path = "/webhooks/clerk",
                     .secret = getenv("CLERK_WEBHOOK_SIGNING_SECRET"),
                     .seed = 1,
                     .count = 40000},
        .clients = {.connections = 96, .run_us = 4000000}};
    struct clients_result *result = memory_new(sizeof(*result));
    struct requests requests;
    struct error err;
    double cpu_s;

    read_arguments(count, words, &args);
    read_address(&args);
    if (args.times_path != NULL)
        args.clients.due_wall_us =
            memory_new(args.requests.count * sizeof(int64_t));
    if (args.requests.secret == NULL)
        args.requests.secret = "";
    if (requests_make(&args.requests, &requests, &err) != 0) {
        fprintf(stderr, "load: %s\n", err.text);
        return 2;
    }
    if (args.waits)
        wait_for_line();
    cpu_s = cpu_time_s();
    if (clients_run(&args.clients, &requests, result, &err) != 0) {
        fprintf(stderr, "load: %s\n", err.text);
        return 1;
    }
    tell(result, cpu_time_s() - cpu_s);
    if (args.times_path != NULL)
        write_times(&args, &requests, result->sent);
    requests_release(&requests);
    free(args.clients.due_wall_us);
    free(result);
    return 0;
}
