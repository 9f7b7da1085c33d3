/** Cells wait for Envoys and health checks more than they compute, so more of them run at once than there are cores. */
export const CELLS_PER_CORE = 8;
