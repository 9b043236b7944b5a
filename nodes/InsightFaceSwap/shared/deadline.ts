/**
 * Calls a function after a time, unless that is taken back. The timer does not keep the process running.
 * @param ms milliseconds
 * @returns takes it back
 */
export function after(ms: number, call: () => void): () => void {
	const timer = AbortSignal.timeout(Math.max(0, Math.ceil(ms)));
	timer.addEventListener('abort', call);
	return () => timer.removeEventListener('abort', call);
}
