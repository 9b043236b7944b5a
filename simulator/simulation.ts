import { Accounts } from './accounts';
import { Attachments } from './attachments';
import { Callbacks } from './callbacks';
import { Clock } from './clock';
import { randomSource } from './ids';
import { Jobs, viewJob, type Job, type JobView } from './jobs';
import { Journal } from './journal';
import { Owner } from './owner';
import { Scripts } from './script';
import { channelsToConfigure, type Settings } from './settings';

/** The state of one simulator, without HTTP. */
export class Simulation {
	readonly accounts = new Accounts();
	readonly attachments = new Attachments();
	readonly callbacks = new Callbacks();
	readonly clock = new Clock();
	readonly jobs = new Jobs();
	readonly journal = new Journal();
	readonly owner = new Owner();
	readonly scripts = new Scripts();
	/** The server's address once it listens: `http://127.0.0.1:<port>`. */
	origin = '';
	random: () => number;

	/** @param settings live: changes count from the next request on */
	constructor(readonly settings: Settings) {
		this.random = randomSource(settings.seed);
		this.configureAccounts();
	}

	view(job: Job): JobView {
		const { maskDiscord, attachmentTtlMs: ttlMs, freshLinks } = this.settings;
		return viewJob(job, maskDiscord, (attachment) => {
			const made = freshLinks ? { made: Date.now(), ttlMs } : {};
			return this.attachments.view({ ...attachment, ...made }, this.origin);
		});
	}

	/** Aborts everything in progress and clears everything except the settings. */
	startAfresh(): void {
		this.clock.stop();
		for (const store of [this.jobs, this.attachments, this.callbacks, this.journal]) store.clear();
		this.scripts.clear();
		this.owner.clear();
		this.random = randomSource(this.settings.seed);
		this.configureAccounts();
	}

	private configureAccounts(): void {
		const { channels, credits } = this.settings;
		this.accounts.configure(channelsToConfigure(channels), credits);
	}
}
