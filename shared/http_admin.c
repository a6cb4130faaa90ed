#include "shared/http_admin.h"

#include "shared/listener.h"
#include "shared/log.h"
#include "shared/memory.h"
#include "shared/metrics.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_BYTES (4 * 1024 * 1024)
#define GUESTS 64
#define CONNECTIONS (GUESTS + 16) /* with those that are on their way out */
#define TIMEOUT_S 10

/* A connection, in a ring with the others, the longest idle one first.  One
 * that was asked to leave is out of it: a ring of its own. */
struct guest {
    struct guest *previous, *next;
    int fd;
};

struct http_admin {
    struct MHD_Daemon *daemon;
    struct http_admin_hooks hooks;
    struct guest guests; /* head of the ring */
    int guests_count;
};

static bool is_leaving(const struct guest *guest)
{
    return guest->next == guest;
}

static void seat(struct http_admin *admin, struct guest *guest)
{
    guest->next = &admin->guests;
    guest->previous = admin->guests.previous;
    guest->previous->next = guest;
    admin->guests.previous = guest;
    admin->guests_count++;
}

static void unseat(struct http_admin *admin, struct guest *guest)
{
    if (is_leaving(guest))
        return;
    guest->previous->next = guest->next;
    guest->next->previous = guest->previous;
    guest->previous = guest->next = guest;
    admin->guests_count--;
}

/* The longest idle connection gives way, so that nobody is kept out by somebody
 * who holds many open. */
static void make_room(struct http_admin *admin)
{
    struct guest *guest = admin->guests.next;

    if (admin->guests_count < GUESTS)
        return;
    unseat(admin, guest);
    shutdown(guest->fd, SHUT_RDWR);
}

static void on_connection(void *context, struct MHD_Connection *connection,
                          void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct http_admin *admin = context;
    struct guest *guest = *socket_context;

    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        unseat(admin, guest);
        free(guest);
        return;
    }
    make_room(admin);
    guest = memory_new(sizeof(*guest));
    guest->fd =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
            ->connect_fd;
    seat(admin, guest);
    *socket_context = guest;
}

static void seat_last(struct http_admin *admin,
                      struct MHD_Connection *connection)
{
    struct guest *guest =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
            ->socket_context;

    if (is_leaving(guest))
        return;
    unseat(admin, guest);
    seat(admin, guest);
}

static unsigned answer_health(struct http_admin *admin, struct buffer *out)
{
    (void)admin;
    buffer_add_text(out, "{\"status\":\"ok\"}\n");
    return MHD_HTTP_OK;
}

static unsigned answer_ready(struct http_admin *admin, struct buffer *out)
{
    char reason[HTTP_ADMIN_REASON_BYTES] = "";

    if (admin->hooks.is_ready(admin->hooks.context, reason)) {
        buffer_add_text(out, "{\"status\":\"ready\"}\n");
        return MHD_HTTP_OK;
    }
    buffer_add_text(out, "{\"status\":\"waiting\",\"reason\":\"");
    buffer_add_json(out, slice_of(reason));
    buffer_add_text(out, "\"}\n");
    return MHD_HTTP_SERVICE_UNAVAILABLE;
}

static unsigned answer_metrics(struct http_admin *admin, struct buffer *out)
{
    admin->hooks.metrics(admin->hooks.context, out);
    metrics_render_process(out);
    return MHD_HTTP_OK;
}

static const struct route {
    const char *path;
    const char *type;
    unsigned (*answer)(struct http_admin *admin, struct buffer *out);
} routes[] = {
    {"/healthz", "application/json", answer_health},
    {"/readyz", "application/json", answer_ready},
    {"/metrics", "text/plain; version=0.0.4; charset=utf-8", answer_metrics},
};

static const struct route *find_route(const char *path)
{
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
        if (strcmp(routes[i].path, path) == 0)
            return &routes[i];
    return NULL;
}

static enum MHD_Result reply(struct MHD_Connection *connection, unsigned status,
                             const char *type, const struct buffer *body)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        body->size, body->data, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result result;

    if (response == NULL)
        return MHD_NO;
    MHD_add_response_header(response, "Content-Type", type);
    MHD_add_response_header(response, "Cache-Control", "no-store");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, "Allow", "GET, HEAD");
    result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result on_request(void *context,
                                  struct MHD_Connection *connection,
                                  const char *url, const char *method,
                                  const char *version, const char *upload,
                                  size_t *upload_size, void **request)
{
    struct http_admin *admin = context;
    const struct route *route = find_route(url);
    struct buffer body;
    unsigned status;
    enum MHD_Result result;

    (void)version, (void)upload;
    if (*request == NULL || *upload_size > 0) { /* until all is read */
        *request = admin;
        *upload_size = 0;
        seat_last(admin, connection);
        return MHD_YES;
    }
    buffer_init(&body, ANSWER_BYTES);
    if (route == NULL) {
        status = MHD_HTTP_NOT_FOUND;
        buffer_add_text(&body, "{\"error\":\"no such route\"}\n");
    } else if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
        status = MHD_HTTP_METHOD_NOT_ALLOWED;
        buffer_add_text(&body, "{\"error\":\"GET and HEAD are allowed\"}\n");
    } else {
        status = route->answer(admin, &body);
    }
    log_debug(log_event("admin_request"), log_text("path", url),
              log_number("code", status));
    result = reply(connection, status,
                   route != NULL ? route->type : "application/json", &body);
    buffer_release(&body);
    return result;
}

int http_admin_open(const struct option_listen *listen, const char *variable,
                    const struct http_admin_hooks *hooks,
                    struct http_admin **ret_admin, struct error *err)
{
    struct http_admin *admin;
    int fd = listener_open(listen, variable, err);

    if (fd < 0)
        return -1;
    admin = memory_new(sizeof(*admin));
    admin->hooks = *hooks;
    admin->guests.previous = admin->guests.next = &admin->guests;
    /* poll(), not epoll: 128 events at once stall libmicrohttpd's epoll. */
    admin->daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL, 0, NULL, NULL,
        on_request, admin, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
        TIMEOUT_S, MHD_OPTION_NOTIFY_CONNECTION, on_connection, admin,
        MHD_OPTION_END);
    if (admin->daemon == NULL) {
        close(fd);
        free(admin);
        return error_set(err, ERROR_AWAY, "%s: cannot start an HTTP server",
                         variable);
    }
    *ret_admin = admin;
    return 0;
}

void http_admin_close(struct http_admin *admin)
{
    if (admin == NULL)
        return;
    MHD_stop_daemon(admin->daemon);
    free(admin);
}
