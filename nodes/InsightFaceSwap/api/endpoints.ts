/**
 * Every path of the API, below the credential's base URL.
 * Source: useapi.net, InsightFaceSwap API v1 and account API v2.
 */
const faceswap = (path: string): string => `/v1/faceswap/${path}`;

export const endpoints = {
	/** The useapi.net account: GET reads it, POST sets its default reply URL. */
	subscription: '/v2/account',
	accounts: faceswap('account'),
	/** @param channel a Discord channel ID */
	account: (channel: string): string => faceswap(`account/${channel}`),
	/** The jobs that run now. */
	runningJobs: faceswap('jobs'),
	/** One job; takes the query `jobid`. */
	job: faceswap('jobs/'),
	/** Cancels one job; takes the query `jobid`. */
	cancelJob: faceswap('jobs/cancel/'),
	saveIdentity: faceswap('saveid'),
	setDefaultIdentity: faceswap('setid'),
	listIdentities: faceswap('listid'),
	deleteIdentity: faceswap('delid'),
	deleteAllIdentities: faceswap('delall'),
	swapIdentity: faceswap('swapid'),
	swapImages: faceswap('swap'),
	swapMessage: faceswap('inswapper'),
	picsi: faceswap('picsi'),
	changeBackground: faceswap('changebg'),
	headshot: faceswap('headshot'),
} as const;
