/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A part of an audit: --host, --url, --client, --since and --until choose exchanges, --rule chooses
 * findings, --severity leaves findings out of what is shown. The choice is made once, and then
 * stands in for the views of the same names: every query after it, whoever asks, sees nothing else.
 *
 *   exchanges    the chosen ones; their claims are the sums over the chosen findings
 *   findings     those of chosen exchanges and rules, from --severity on
 *   issues       folded again from them
 *   totals       added up again; `unseen_bytes` stays that of the capture
 *   connections  those of chosen exchanges, whole
 *
 * `main.exchanges` and so on are still the whole. `checks`, `coverage`, `heads` and `run` are not
 * narrowed: they say what was looked at.
 */

#include "reports/audit/audit.h"
#include "reports/options/options.h"

/* Is anything chosen at all? `top` alone is no choice. */
bool selection_is_whole(const struct selection *selection);

/* What was chosen as its options, such as "--host '*.example'"; false and nothing where it is
 * whole. */
bool selection_text(const struct selection *selection, char *text, size_t size);

/* Teaches the audit `client_is_chosen(client, forwarded_for, client_key)`. */
void selection_teach_clients(struct audit *audit, const struct text_list *clients);

/* To be called once, after audit_open(); the selection stays as long as the audit is open. Makes
 * two things more: the view `listed`, the exchanges that a list shows (those that the chosen
 * findings accuse or rest on, where rules are chosen; else all); and the views of questions.h, over
 * what is chosen. */
void selection_apply(const struct selection *selection, struct audit *audit);
