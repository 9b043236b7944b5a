/** The head of a portrait: every portrait has its eyes, nose and mouth at the same places. */

/** Width and height of the pictures in pixels. */
export const PICTURE = { width: 768, height: 960 } as const;

export interface Skin {
	light: string;
	base: string;
	shade: string;
	deep: string;
	/** Cheeks and nose tip. */
	blush: string;
}

export interface Features {
	skin: Skin;
	brow: string;
	/** Thickness of the brows in pixels. */
	browWidth: number;
	iris: { light: string; dark: string };
	lips: { upper: string; lower: string; line: string };
	/** Length of the lashes in pixels. */
	lashes: number;
	jaw: 'soft' | 'square';
	/** What else lies on the skin, such as freckles or stubble, as SVG. */
	onSkin?: string;
}

const JAWS = {
	soft: 'M384 150 C300 150 244 220 239 330 C236 400 241 452 252 500 C264 552 300 606 340 636 C356 648 370 653 384 653 C398 653 412 648 428 636 C468 606 504 552 516 500 C527 452 532 400 529 330 C524 220 468 150 384 150 Z',
	square:
		'M384 150 C298 150 241 220 237 330 C235 400 238 460 246 512 C254 562 290 618 330 642 C348 652 366 655 384 655 C402 655 420 652 438 642 C478 618 514 562 522 512 C530 460 533 400 531 330 C527 220 470 150 384 150 Z',
} as const;

/** Draws the left half given and its mirror image. */
const bothSides = (half: string) =>
	`<g>${half}</g><g transform="translate(${PICTURE.width} 0) scale(-1 1)">${half}</g>`;

/** Gradients, blurs and the outline of the face; `id`s start with `face-`. */
export function faceDefinitions({ skin, iris, jaw }: Features): string {
	return `
	<clipPath id="face-outline"><path d="${JAWS[jaw]}"/></clipPath>
	<clipPath id="face-eye"><path d="M281 400 C293 386 316 379 338 384 C349 388 356 395 360 405 C348 414 330 418 314 416 C300 414 289 408 281 400 Z"/></clipPath>
	<radialGradient id="face-skin" gradientUnits="userSpaceOnUse" cx="350" cy="350" r="320">
		<stop offset="0" stop-color="${skin.light}"/>
		<stop offset="0.5" stop-color="${skin.base}"/>
		<stop offset="1" stop-color="${skin.shade}"/>
	</radialGradient>
	<radialGradient id="face-iris" gradientUnits="userSpaceOnUse" cx="321" cy="401" r="19">
		<stop offset="0" stop-color="${iris.dark}"/>
		<stop offset="0.35" stop-color="${iris.light}"/>
		<stop offset="0.75" stop-color="${iris.light}"/>
		<stop offset="1" stop-color="${iris.dark}"/>
	</radialGradient>
	<linearGradient id="face-white" gradientUnits="userSpaceOnUse" x1="320" y1="374" x2="320" y2="418">
		<stop offset="0" stop-color="#a99f9c"/>
		<stop offset="0.4" stop-color="#efe9e4"/>
		<stop offset="1" stop-color="#e2d8d2"/>
	</linearGradient>
	${[2, 5, 9, 16, 28]
		.map(
			(size) =>
				`<filter id="blur-${size}" x="-60%" y="-60%" width="220%" height="220%"><feGaussianBlur stdDeviation="${size}"/></filter>`,
		)
		.join('\n\t')}`;
}

/** An ear on the left, half behind the cheek. */
function ear(skin: Skin): string {
	return `
	<path d="M244 372 C226 352 207 362 208 396 C209 430 222 470 238 478 C250 483 254 470 252 452 Z" fill="${skin.base}"/>
	<path d="M240 384 C226 370 216 380 218 402 C220 426 228 452 240 462" fill="none" stroke="${skin.deep}" stroke-width="5" opacity="0.55" filter="url(#blur-2)"/>
	<path d="M242 404 C232 400 230 414 240 430" fill="none" stroke="${skin.deep}" stroke-width="5" opacity="0.5" filter="url(#blur-2)"/>`;
}

/** The broad light and shade of the head, light coming from the upper left. */
function modelling(skin: Skin): string {
	return `
	<path d="M540 170 C500 230 486 330 494 420 C500 500 476 580 420 640 L560 660 Z" fill="${skin.deep}" opacity="0.5" filter="url(#blur-28)"/>
	<path d="M228 300 C252 360 250 460 268 520 C280 570 320 620 350 650 L230 660 Z" fill="${skin.deep}" opacity="0.32" filter="url(#blur-16)"/>
	<ellipse cx="352" cy="268" rx="80" ry="46" fill="${skin.light}" opacity="0.7" filter="url(#blur-28)"/>
	<ellipse cx="296" cy="474" rx="34" ry="26" fill="${skin.light}" opacity="0.65" filter="url(#blur-16)"/>
	<ellipse cx="466" cy="474" rx="26" ry="24" fill="${skin.light}" opacity="0.35" filter="url(#blur-16)"/>
	<ellipse cx="290" cy="500" rx="44" ry="30" fill="${skin.blush}" opacity="0.42" filter="url(#blur-16)"/>
	<ellipse cx="478" cy="500" rx="44" ry="30" fill="${skin.blush}" opacity="0.42" filter="url(#blur-16)"/>
	<ellipse cx="380" cy="622" rx="34" ry="18" fill="${skin.light}" opacity="0.5" filter="url(#blur-9)"/>
	<path d="M300 640 C340 662 430 662 470 640 L450 680 L320 680 Z" fill="${skin.deep}" opacity="0.55" filter="url(#blur-9)"/>`;
}

/** The left eye with its lids, without the lights in it. */
function eye({ skin, brow, lashes }: Features): string {
	const lash = (x: number, y: number, out: number) =>
		`M${x} ${y} q${-out * 0.7} ${-lashes * 0.1} ${-out} ${-lashes * 0.8}`;
	return `
	<ellipse cx="320" cy="392" rx="58" ry="32" fill="${skin.shade}" opacity="0.5" filter="url(#blur-9)"/>
	<path d="M352 360 C366 372 370 392 362 414" fill="none" stroke="${skin.deep}" stroke-width="16" opacity="0.4" filter="url(#blur-9)"/>
	<ellipse cx="316" cy="372" rx="34" ry="7" fill="${skin.light}" opacity="0.45" filter="url(#blur-5)"/>
	<path d="M286 428 C306 440 334 440 356 424" fill="none" stroke="${skin.deep}" stroke-width="6" opacity="0.32" filter="url(#blur-5)"/>
	<g clip-path="url(#face-eye)">
		<rect x="270" y="360" width="100" height="70" fill="url(#face-white)"/>
		<ellipse cx="357" cy="406" rx="6" ry="5" fill="#c98f84" opacity="0.8"/>
		<circle cx="321" cy="398" r="19.5" fill="url(#face-iris)"/>
		<circle cx="321" cy="398" r="18.8" fill="none" stroke="#1a1310" stroke-width="1.8" opacity="0.65"/>
		<circle cx="321" cy="398" r="8.2" fill="#0c0808"/>
		<path d="M276 402 C292 378 322 372 362 402 L362 370 L276 370 Z" transform="translate(0 9)" fill="#1d1210" opacity="0.4" filter="url(#blur-2)"/>
	</g>
	<path d="M274 397 C289 381 315 375 341 381 C352 385 358 394 361 406 C354 397 348 392 338 388 C318 383 297 387 281 402 Z" fill="#1b1110"/>
	<path d="M282 402 C292 410 302 415 315 417 C331 418 348 414 360 406" fill="none" stroke="${skin.deep}" stroke-width="2.4" opacity="0.85"/>
	<path d="M277 387 C293 370 320 363 344 371 C352 374 358 381 362 389" fill="none" stroke="${skin.deep}" stroke-width="2.6" opacity="0.75"/>
	<path d="${lash(275, 397, lashes * 0.8)} ${lash(280, 392, lashes * 0.75)} ${lash(287, 387, lashes * 0.65)} ${lash(295, 383, lashes * 0.5)}" fill="none" stroke="#1b1110" stroke-width="1.5" opacity="0.8" stroke-linecap="round"/>
	<path d="M262 352 C284 330 316 326 354 340" fill="none" stroke="${brow}" stroke-width="16" opacity="0.25" filter="url(#blur-5)"/>`;
}

/** The left brow: short hairs that lie outwards. */
function brow({ brow: colour, browWidth }: Features): string {
	const count = 110;
	const hairs = Array.from({ length: count }, (_, index) => {
		const along = index / (count - 1);
		const thick = browWidth * Math.min(1, 0.55 + along * 3) * (along < 0.55 ? 1 : 1.55 - along);
		const x = 356 - along * 84;
		const middle = 348 - Math.sin(along * 2.3) * 15 + along * 4;
		const y = middle + thick * (((index * 37) % 11) / 10 - 0.3);
		const length = 13 + ((index * 5) % 4);
		const rise = (1 - along) * 9 - 3;
		return `M${x.toFixed(1)} ${y.toFixed(1)} q${(-length * 0.4).toFixed(1)} ${(-rise * 0.8).toFixed(1)} ${-length} ${(-rise).toFixed(1)}`;
	});
	return `<path d="${hairs.join('')}" fill="none" stroke="${colour}" stroke-width="1.7" stroke-linecap="round" opacity="0.8"/>`;
}

const eyeLights = (x: number) => `
	<circle cx="${x - 6}" cy="391" r="4.200" fill="#fff" opacity="0.95"/>
	<circle cx="${x + 6}" cy="406" r="2.200" fill="#fff" opacity="0.4"/>`;

function nose(skin: Skin): string {
	return `
	<path d="M398 372 C406 420 412 462 424 494 C428 512 418 524 400 526 C410 500 398 440 392 380 Z" fill="${skin.deep}" opacity="0.42" filter="url(#blur-9)"/>
	<path d="M364 376 C368 420 358 462 346 500" fill="none" stroke="${skin.shade}" stroke-width="10" opacity="0.45" filter="url(#blur-9)"/>
	<path d="M380 360 C382 410 380 450 380 486" fill="none" stroke="${skin.light}" stroke-width="17" opacity="0.6" stroke-linecap="round" filter="url(#blur-9)"/>
	<ellipse cx="384" cy="500" rx="30" ry="22" fill="${skin.blush}" opacity="0.34" filter="url(#blur-9)"/>
	<ellipse cx="378" cy="495" rx="12" ry="9" fill="${skin.light}" opacity="0.95" filter="url(#blur-5)"/>
	<path d="M340 514 C352 530 368 524 384 532 C400 524 416 530 428 514 C424 536 404 540 384 540 C364 540 344 536 340 514 Z" fill="${skin.deep}" opacity="0.55" filter="url(#blur-5)"/>
	${bothSides(`
	<path d="M346 492 C336 502 336 520 350 524" fill="none" stroke="${skin.deep}" stroke-width="4" opacity="0.55" stroke-linecap="round" filter="url(#blur-2)"/>
	<path d="M354 524 C357 515 370 514 375 524 C370 529 360 530 354 524 Z" fill="#2a1310" opacity="0.72" filter="url(#blur-2)"/>
	<path d="M334 528 C322 546 316 556 312 572" fill="none" stroke="${skin.deep}" stroke-width="7" opacity="0.2" filter="url(#blur-5)"/>`)}
	<path d="M376 540 L374 556 M392 540 L394 556" fill="none" stroke="${skin.deep}" stroke-width="5" opacity="0.26" filter="url(#blur-2)"/>`;
}

function mouth({ skin, lips }: Features): string {
	return `
	<path d="M340 606 C364 614 404 614 428 606 C410 622 358 622 340 606 Z" fill="${skin.deep}" opacity="0.6" filter="url(#blur-5)"/>
	<path d="M322 572 C348 566 366 556 376 557 C380 558 382 560 384 560 C386 560 388 558 392 557 C402 556 420 566 446 572 C420 584 404 584 384 583 C364 584 348 584 322 572 Z" fill="${lips.upper}"/>
	<path d="M322 572 C348 582 366 580 384 582 C402 580 420 582 446 572 C428 600 408 607 384 607 C360 607 340 600 322 572 Z" fill="${lips.lower}"/>
	<ellipse cx="378" cy="593" rx="28" ry="5.500" fill="#fff" opacity="0.32" filter="url(#blur-5)"/>
	<path d="M350 566 C362 560 370 556 377 558" fill="none" stroke="${skin.light}" stroke-width="2.500" opacity="0.5" filter="url(#blur-2)"/>
	<path d="M400 600 C420 596 432 588 446 573 C430 580 410 586 396 590 Z" fill="${lips.line}" opacity="0.3" filter="url(#blur-5)"/>
	<path d="M320 571 C346 583 366 579 384 582 C402 579 422 583 448 571" fill="none" stroke="${lips.line}" stroke-width="3" stroke-linecap="round"/>
	<path d="M321 573 q-6 -3 -7 -9 M447 573 q6 -3 7 -9" fill="none" stroke="${lips.line}" stroke-width="4" opacity="0.5" stroke-linecap="round" filter="url(#blur-2)"/>`;
}

/** Head without hair: ears, face, eyes, nose, mouth. Needs `faceDefinitions` in the same picture. */
export function face(features: Features, shadowOfHair: string): string {
	const { skin } = features;
	return `
	${bothSides(ear(skin))}
	<path d="${JAWS[features.jaw]}" fill="url(#face-skin)"/>
	<g clip-path="url(#face-outline)">
		${modelling(skin)}
		${features.onSkin ?? ''}
		${bothSides(eye(features))}
		${eyeLights(321)}${eyeLights(PICTURE.width - 321)}
		${nose(skin)}
		${mouth(features)}
		<g fill="${skin.deep}" opacity="0.55" filter="url(#blur-9)">${shadowOfHair}</g>
		${bothSides(brow(features))}
	</g>`;
}
