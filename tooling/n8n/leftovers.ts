/** Programs started here end with this process, however it ends (short of being killed outright). */

/** Calls `end` when this process exits; what it gives takes that back. `end` must not wait. */
export function atExit(end: () => void): () => void {
	process.once('exit', end);
	return () => process.off('exit', end);
}
