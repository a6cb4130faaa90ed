#include "shared/stop.h"

#include "shared/clock.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

static atomic_bool is_asked;
static atomic_bool is_failed;
static _Atomic int64_t asked_ms;
static int wake_fd = -1; /* stays readable once stop is asked */

void stop_ask(void)
{
    static const uint64_t one = 1;
    int saved_errno = errno;

    if (!atomic_exchange(&is_asked, true))
        atomic_store(&asked_ms, clock_steady_ms());
    if (wake_fd >= 0 && write(wake_fd, &one, sizeof(one)) < 0)
        errno = saved_errno;
    errno = saved_errno;
}

void stop_ask_failed(void)
{
    atomic_store(&is_failed, true);
    stop_ask();
}

bool stop_is_failed(void)
{
    return atomic_load(&is_failed);
}

static void on_signal(int signal_number)
{
    (void)signal_number;
    stop_ask();
}

void stop_install(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

    wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

bool stop_is_asked(void)
{
    return atomic_load(&is_asked);
}

int64_t stop_asked_ago_ms(void)
{
    return stop_is_asked() ? clock_steady_ms() - atomic_load(&asked_ms) : 0;
}

bool stop_wait(int64_t timeout_ms)
{
    struct pollfd wake = {.fd = wake_fd, .events = POLLIN};

    if (!stop_is_asked())
        poll(&wake, 1, (int)timeout_ms);
    return stop_is_asked();
}
