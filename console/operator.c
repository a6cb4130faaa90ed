#include "console/operator.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void operator_name(char out[OPERATOR_BYTES])
{
    const char *caller = getenv("SUDO_USER");
    const struct passwd *user = getpwuid(getuid());

    if (getuid() == 0 && caller != NULL && caller[0] != '\0')
        snprintf(out, OPERATOR_BYTES, "%s", caller);
    else if (user != NULL)
        snprintf(out, OPERATOR_BYTES, "%s", user->pw_name);
    else
        snprintf(out, OPERATOR_BYTES, "uid %u", (unsigned)getuid());
}
