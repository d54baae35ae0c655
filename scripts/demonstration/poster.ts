/** The pictures of the demo, as SVG: sharp lays out the letters with the fonts that the board itself uses. */

const FONT = 'Noto Sans, DejaVu Sans, sans-serif'

/** Solid fields whose colour is known beforehand, as shares of the picture: what a screenshot is compared with. */
export type Field = { x: number; y: number; colour: string }

export const POSTER_FIELDS: Field[] = [
  { x: 0.5, y: 0.03, colour: '#7a1420' },
  { x: 0.03, y: 0.5, colour: '#f6c453' },
  { x: 0.97, y: 0.3, colour: '#f6c453' },
  { x: 0.5, y: 0.965, colour: '#14532d' },
]

const rays = Array.from({ length: 18 }, (_, index) => {
  const angle = (Math.PI * (index + 0.5)) / 18
  const point = (turn: number, length: number) =>
    `${(640 + length * Math.cos(angle + turn)).toFixed(1)},${(470 - length * Math.sin(angle + turn)).toFixed(1)}`
  return `<polygon points="${point(-0.035, 170)} ${point(0.035, 170)} ${point(0.018, 560)} ${point(-0.018, 560)}"/>`
}).join('')

export const posterSvg =
  (): string => `<svg xmlns="http://www.w3.org/2000/svg" width="1280" height="720" viewBox="0 0 1280 720">
  <defs><clipPath id="sky"><rect x="90" y="96" width="1100" height="480"/></clipPath></defs>
  <rect width="1280" height="720" fill="#f6c453"/>
  <g clip-path="url(#sky)" fill="#fbdf92">${rays}</g>
  <circle cx="640" cy="470" r="150" fill="#d8432b"/>
  <path d="M0 500 Q 180 420 380 480 T 760 470 T 1280 450 V720 H0 Z" fill="#2f8f4e"/>
  <path d="M0 560 Q 260 490 560 550 T 1280 520 V720 H0 Z" fill="#237a41"/>
  <g stroke="#5fb878" stroke-width="3" fill="none" opacity="0.75">
    <path d="M40 600 Q 330 540 640 590 T 1240 570"/><path d="M80 628 Q 360 572 660 618 T 1210 600"/>
  </g>
  <rect y="656" width="1280" height="64" fill="#14532d"/>
  <rect width="1280" height="92" fill="#7a1420"/>
  <g font-family="${FONT}" text-anchor="middle">
    <text x="640" y="62" font-size="40" letter-spacing="4" fill="#ffe9b8">UỶ BAN NHÂN DÂN XÃ KÍNH MỜI</text>
    <text x="640" y="206" font-size="92" font-weight="bold" fill="#7a1420">Ngày hội quê hương</text>
    <text x="640" y="286" font-size="46" fill="#5a2a12">Văn nghệ · Ẩm thực · Trò chơi dân gian</text>
    <text x="640" y="486" font-size="54" font-weight="bold" fill="#fff7e0">7 giờ 30</text>
    <text x="640" y="606" font-size="44" font-weight="bold" fill="#ffffff">Sáng Chủ nhật, sân nhà văn hoá thôn 5</text>
    <text x="640" y="700" font-size="30" fill="#cdebd4">Vui · Khoẻ · Đoàn kết</text>
  </g>
</svg>`

export const FILM_FIELDS: Field[] = [
  { x: 0.5, y: 0.06, colour: '#123c69' },
  { x: 0.06, y: 0.955, colour: '#123c69' },
]

/** Laid over the moving part of the film; transparent in the middle. */
export const filmFrameSvg =
  (): string => `<svg xmlns="http://www.w3.org/2000/svg" width="1280" height="720" viewBox="0 0 1280 720">
  <rect width="1280" height="110" fill="#123c69"/>
  <rect y="620" width="1280" height="100" fill="#123c69"/>
  <rect y="110" width="1280" height="6" fill="#ffd166"/><rect y="614" width="1280" height="6" fill="#ffd166"/>
  <g font-family="${FONT}" text-anchor="middle">
    <text x="640" y="84" font-size="46" font-weight="bold" fill="#ffd166">PHÒNG CHỐNG SỐT XUẤT HUYẾT</text>
    <text x="640" y="346" font-size="96" font-weight="bold" fill="#ffffff" stroke="#0a2540" stroke-width="10" paint-order="stroke">Diệt bọ gậy,</text>
    <text x="640" y="462" font-size="96" font-weight="bold" fill="#ffffff" stroke="#0a2540" stroke-width="10" paint-order="stroke">ngủ phải mắc màn</text>
    <text x="640" y="684" font-size="38" fill="#ffffff">Trạm y tế xã</text>
  </g>
</svg>`
