/** A heap as large as n8n's, for clients that are measured outside n8n. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** About 196 MB, as n8n's heap holds after its start and a collection. */
const OBJECTS = 1_850_000;

/** V8's collection of all garbage, which it hides without this flag. */
function collect(): void {
	setFlagsFromString('--expose-gc');
	(runInNewContext('gc') as () => void)();
}

/**
 * Does the work while the heap is as full as n8n's. Node has V8 collect garbage, which walks through
 * the whole heap, each time that some tens of MB of buffers have been read: whoever moves large
 * files pays for what else the process holds.
 */
export async function withFullHeap(work: () => Promise<void>): Promise<void> {
	const ballast = Array.from({ length: OBJECTS }, (_, id) => ({ id, inner: { text: `${id}` } }));
	collect();
	await work();
	if (ballast.length !== OBJECTS) throw new Error('The ballast went overboard');
	ballast.length = 0;
	collect();
}
