// The commit that this program was built from.
#pragma once

// Twelve digits, with `-dirty` behind them if files had changed; "unknown" for a build without `make`.
const char *lz_commit(void);
