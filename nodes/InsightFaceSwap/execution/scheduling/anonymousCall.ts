import { reconnectDelay } from '../../shared/backoff';
import { pause } from '../../shared/retry';

/** Asks the API which channel it has chosen for a call; gives nothing where it does not tell. */
export type FindChannel = () => Promise<string | undefined>;

/** How often the API is asked at most for the channel of one call. */
const ATTEMPTS = 6;

/** The API knows of no job before it has received the call. In milliseconds. */
const FIRST_DELAY_MS = 100;

/** A call that leaves the choice of the channel to the API. */
export class AnonymousCall {
	/** The channel, once it is known. */
	channel?: string;

	/** The API did not tell the channel. */
	isLost = false;

	private readonly ended = new AbortController();

	private isSought = false;

	constructor(private readonly find: FindChannel) {}

	/**
	 * Asks for the channel until it is known, the call has ended, or the API was asked too often.
	 * Further calls of `locate` do nothing.
	 * @param known gives the channel where no question is needed
	 * @param done called once, unless the call ends first
	 */
	async locate(known: () => string | undefined, done: () => void): Promise<void> {
		if (this.isSought) return;
		this.isSought = true;
		const { signal } = this.ended;
		for (let attempt = 0; attempt < ATTEMPTS && !this.channel; attempt++) {
			await pause(attempt === 0 ? FIRST_DELAY_MS : reconnectDelay(attempt - 1), signal);
			const channel = signal.aborted ? undefined : (known() ?? (await this.find()));
			if (signal.aborted) return;
			this.channel = channel;
		}
		this.isLost = !this.channel;
		done();
	}

	/** Calls `then` when the call ends. */
	whenEnded(then: () => void): void {
		this.ended.signal.addEventListener('abort', then);
	}

	/** Ends the search. */
	end(): void {
		this.ended.abort();
	}
}
