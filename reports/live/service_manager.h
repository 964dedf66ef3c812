/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What a service manager is told (sd_notify(3)): that the run has begun, how it is getting on, that
 * it still does, that it ends. Datagrams to the socket that NOTIFY_SOCKET names, opened before the
 * sandbox; nobody is waited for.
 */

#include <stdint.h>

struct service_manager;

/* NULL where there is none. */
struct service_manager *service_manager_open(void);
/* The first time: ready. Then a sign of life as often as WATCHDOG_USEC asks for. */
void service_manager_turn(struct service_manager *manager, int64_t now_ns);
/* One line of how it is getting on, sent every ten seconds at most. */
void service_manager_status(struct service_manager *manager, const char *text, int64_t now_ns);
void service_manager_stopping(struct service_manager *manager);
void service_manager_close(struct service_manager *manager); /* accepts NULL */
