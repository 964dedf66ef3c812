/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Transfers that repeat or come to nothing, as evidence: the same at the same time, again in parts,
 * cut, answered by the same redirect or error, or with the octets of another URL or of another
 * client. Reads and keeps receipts and copies; called from model.c for a GET whose client can be
 * told apart.
 */

#include "analysis/model.h"

/* After what the client holds is known. May make a receipt and a copy. */
void transfers_gather(struct model *model, struct inspection *n);

/* Takes in what the exchange shows, and whether it excuses what waits. */
void transfers_learn(struct model *model, struct inspection *n);
