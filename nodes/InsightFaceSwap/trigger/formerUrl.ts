import { isAddressOf, isSameAddress } from './callbackAddress';

/**
 * The reply URLs that the triggers of this process put back, by webhook path; empty where there was none. n8n reads
 * what a trigger keeps with its workflow from the database, where a failed activation leaves nothing.
 */
const formerUrls = new Map<string, string>();

/** The number of triggers of this process that put a reply URL back. */
export const formerUrlsKept = (): number => formerUrls.size;

export const keepFormerUrl = (path: string, url = ''): void => {
	formerUrls.set(path, url);
};

/** What this process knows of the former reply URL: empty where there was none. */
export const formerUrlHere = (path: string): string | undefined => formerUrls.get(path);

/**
 * Forgets a trigger's former reply URL. Triggers that have replaced this one put it back in its stead.
 * @param address of the trigger
 */
export function passOnFormerUrl(path: string, address: string, former = ''): void {
	formerUrls.delete(path);
	for (const [other, url] of formerUrls) {
		if (!isSameAddress(url, address)) continue;
		// Two triggers may have replaced each other.
		formerUrls.set(other, isAddressOf(former, other) ? '' : former);
	}
}
