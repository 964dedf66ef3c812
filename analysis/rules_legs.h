/* SPDX-License-Identifier: MIT */
#pragma once
/* What others ask about an exchange whose other side, behind a proxy, is in the capture. */

#include "analysis/evidence.h"

/* Its 304 bears a tag that the proxy had asked about and the client had not. */
bool is_union_leak(const struct evidence *e);
