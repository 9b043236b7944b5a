import type { SimulatorProcess } from './simulator';
import type { BenchN8n } from './n8n';
import type { CaseResult } from './stats';

/** What every case works with. */
export interface Bench {
	quick: boolean;
	simulator: SimulatorProcess;
	/** Address and token of the simulator. */
	api: { url: string; token: string };
	n8n: BenchN8n;
}

export type Case = (bench: Bench) => Promise<CaseResult>;

/** How the contenders are called. */
export const OURS = 'InsightFaceSwap node';
export const OURS_TRIGGER = 'InsightFaceSwap Trigger';
export const WEBHOOK = 'Webhook node';
/** Nodes from a package that do the least: what n8n itself takes of any of them. */
export const BARE_TRIGGER = 'bare trigger node';
export const BARE_UPLOAD = 'bare upload node';
export const BARE_DOWNLOAD = 'bare download node';
export const WAIT = 'Wait node';
export const HTTP_LOOP = 'HTTP Request, one by one';
export const HTTP_AT_ONCE = 'HTTP Request, all at once';
export const HTTP_BATCHES = 'HTTP Request, best batching';
export const HTTP_RETRY = 'HTTP Request, Retry On Fail';
export const UNDICI = 'undici, outside n8n';
export const UNDICI_FULL = 'undici, outside n8n, with a heap as full';
export const FORM_DATA = 'form-data, outside n8n';

/** Why what is read or written in bulk takes longer in n8n than outside. */
export const FULL_HEAP =
	"garbage collection walks through n8n's whole heap again and again while buffers are read; it is the largest single part of n8n's processor time here, and every other node pays it too";

/** Credits that no run uses up. */
export const RICH = { total: 1_000_000, used: 0 };

/** Runs the contenders in turn, the first round to warm up and not counted. */
export async function interleaved(
	rounds: number,
	contenders: ReadonlyArray<(counts: boolean) => Promise<void>>,
): Promise<void> {
	for (let round = 0; round <= rounds; round++) {
		for (const contender of contenders) await contender(round > 0);
	}
}
