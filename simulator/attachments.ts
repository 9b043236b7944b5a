import { createHmac, randomBytes } from 'node:crypto';
import { snowflake } from './ids';

/** A picture that the bot made, not hosted yet. */
export interface Picture {
	data: Buffer;
	contentType: string;
	extension: string;
	/** Pixels. */
	width: number;
	height: number;
}

/** A hosted picture. */
export interface Attachment extends Picture {
	id: string;
	channel: string;
	filename: string;
	/** When its first address was made, in milliseconds since 1970, and for how many milliseconds it works. */
	made: number;
	ttlMs: number;
}

/** An attachment as jobs answer it. */
export interface AttachmentView {
	url: string;
	proxy_url: string;
	width: number;
	height: number;
	content_type: string;
	id: string;
	filename: string;
	/** Bytes. */
	size: number;
}

const EXPIRY_DIGITS = 12;

/** Hosts pictures at addresses that expire, as Discord does. */
export class Attachments {
	private readonly byId = new Map<string, Attachment>();
	private readonly secret = randomBytes(32);

	/** @param ttlMs how long its first address works, in milliseconds */
	add(channel: string, name: string, picture: Picture, ttlMs: number): Attachment {
		const id = snowflake();
		const filename = `${name}.${picture.extension}`;
		const attachment = { ...picture, id, channel, filename, made: Date.now(), ttlMs };
		this.byId.set(id, attachment);
		return attachment;
	}

	clear(): void {
		this.byId.clear();
	}

	/**
	 * An attachment with its first address.
	 * @param origin of the server, e.g. `http://127.0.0.1:4010`
	 */
	view(attachment: Attachment, origin: string): AttachmentView {
		const { id, channel, filename, contentType, data, width, height, made, ttlMs } = attachment;
		const query = new URLSearchParams({
			ex: hexSeconds(made + ttlMs),
			is: hexSeconds(made),
			hm: this.sign(id, made + ttlMs),
		});
		const url = `${origin}/attachments/${channel}/${id}/${filename}?${query.toString()}`;
		return {
			url,
			proxy_url: url,
			width,
			height,
			content_type: contentType,
			id,
			filename,
			size: data.length,
		};
	}

	/** The attachment at an address; undefined if the address is wrong or has expired. */
	open(id: string, filename: string, signature: string): Attachment | undefined {
		const attachment = this.byId.get(id);
		const expires = parseInt(signature.slice(0, EXPIRY_DIGITS), 16);
		const good = attachment?.filename === filename && signature === this.sign(id, expires);
		return good && Date.now() < expires ? attachment : undefined;
	}

	/** `ex` counts whole seconds; the signature carries the milliseconds too. */
	private sign(id: string, expires: number): string {
		const hash = createHmac('sha256', this.secret).update(`${id} ${expires}`).digest('hex');
		return expires.toString(16).padStart(EXPIRY_DIGITS, '0') + hash.slice(EXPIRY_DIGITS);
	}
}

const hexSeconds = (time: number) => Math.floor(time / 1000).toString(16);
