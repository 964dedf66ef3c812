/* SPDX-License-Identifier: MIT */
#pragma once
/* Evidence of a run on an interface: its packets are in a ring of files (capture/packet_ring.h), of
 * which the oldest have gone. */

#include "reports/evidence/plan.h"

/* Does the audit speak of such files? */
bool evidence_has_ring(struct audit *audit);
/* The files that are still there become the plan's, the oldest first. */
void evidence_ring_files(struct evidence_plan *plan, struct audit *audit);
/* After the exchanges were located: leaves only the files that they can lie in; those whose packets
 * have gone are counted and left out. False where the accused one is among them. */
bool evidence_ring_narrow(struct evidence_plan *plan, struct error *error) MUST_USE;
