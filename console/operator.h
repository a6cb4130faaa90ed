/* operator - who runs this program, as the system knows it. */
#pragma once

#define OPERATOR_BYTES 64

/* The login name; behind sudo that of who called it. */
void operator_name(char out[OPERATOR_BYTES]);
