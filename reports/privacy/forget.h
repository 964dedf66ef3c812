/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Somebody's exchanges out of an audit: with their findings, heads and connections, and every text
 * that nobody else used. Sums are made anew of what is left, so that the laws of the database hold;
 * `run` says how much was forgotten. The file is written anew, without the octets that are gone.
 */

#include <stdint.h>

#include "base/attributes.h"
#include "base/error.h"
#include "reports/options/options.h"

struct forgotten {
    uint64_t exchanges, connections, findings;
};

/* Those whose address, client_key, or name in the request matches one of the patterns; and what
 * proxies sent because of them. ERROR_USAGE where nobody does, ERROR_OUTPUT where it cannot be
 * written, or somebody else has it open: then it is as it was. */
bool audit_forget(const char *path, const struct text_list *clients, struct forgotten *forgotten,
                  struct error *error) MUST_USE;
