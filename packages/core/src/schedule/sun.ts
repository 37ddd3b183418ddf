/**
 * When the sun rises, stands highest and sets at a place: the equations of NOAA's solar calculator (after Meeus, Astronomical
 * Algorithms), good to a minute or so below the polar circles. Pure: moments are milliseconds since 1970.
 */

/** The sun's centre, in degrees over the horizon; a rise and a set are those of its upper edge, through the air. */
const ALTITUDES = { rise: -0.833, civil: -6, nautical: -12, astronomical: -18 } as const;

/** Each with the side of noon that it lies on and the altitude; null: noon itself. */
const EVENTS = {
  dawn_astronomical: ['before', ALTITUDES.astronomical],
  dawn_nautical: ['before', ALTITUDES.nautical],
  dawn_civil: ['before', ALTITUDES.civil],
  sunrise: ['before', ALTITUDES.rise],
  solar_noon: null,
  sunset: ['after', ALTITUDES.rise],
  dusk_civil: ['after', ALTITUDES.civil],
  dusk_nautical: ['after', ALTITUDES.nautical],
  dusk_astronomical: ['after', ALTITUDES.astronomical],
} as const satisfies Readonly<Record<string, readonly ['before' | 'after', number] | null>>;

export type SunEvent = keyof typeof EVENTS;
export const SUN_EVENTS = Object.keys(EVENTS) as [SunEvent, ...SunEvent[]];

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** The sun stays away, or up, for less than this anywhere. */
const DAYS_MAX = 400;

const radians = (degrees: number): number => (degrees * Math.PI) / 180;
const degrees = (angle: number): number => (angle * 180) / Math.PI;
const sin = (angle: number): number => Math.sin(radians(angle));
const cos = (angle: number): number => Math.cos(radians(angle));

/** Declination in degrees; by how many minutes a sundial is ahead of the clock. */
const sunAt = (atMs: number): { readonly declination: number; readonly aheadMinutes: number } => {
  // Julian centuries since noon of 1 January 2000.
  const t = (atMs / DAY_MS + 2_440_587.5 - 2_451_545) / 36_525;
  const meanLongitude = 280.46646 + t * (36_000.76983 + t * 0.0003032);
  const anomaly = 357.52911 + t * (35_999.05029 - 0.0001537 * t);
  const eccentricity = 0.016708634 - t * (0.000042037 + 0.0000001267 * t);
  const centre =
    sin(anomaly) * (1.914602 - t * (0.004817 + 0.000014 * t)) +
    sin(2 * anomaly) * (0.019993 - 0.000101 * t) +
    sin(3 * anomaly) * 0.000289;
  const node = 125.04 - 1934.136 * t;
  const longitude = meanLongitude + centre - 0.00569 - 0.00478 * sin(node);
  const obliquity = 23 + (26 + (21.448 - t * (46.815 + t * (0.00059 - t * 0.001813))) / 60) / 60 + 0.00256 * cos(node);
  const y = Math.tan(radians(obliquity / 2)) ** 2;
  const ahead =
    y * sin(2 * meanLongitude) -
    2 * eccentricity * sin(anomaly) +
    4 * eccentricity * y * sin(anomaly) * cos(2 * meanLongitude) -
    0.5 * y * y * sin(4 * meanLongitude) -
    1.25 * eccentricity * eccentricity * sin(2 * anomaly);
  return {
    declination: degrees(Math.asin(sin(obliquity) * sin(longitude))),
    aheadMinutes: 4 * degrees(ahead),
  };
};

export type SunTiming = {
  readonly type: 'sun';
  readonly event: SunEvent;
  /** Degrees, north and east. */
  readonly latitude: number;
  readonly longitude: number;
  /** After the event; before it where negative. */
  readonly offset_seconds: number;
};

/** The event of the solar day whose noon lies nearest to noon of this day at Greenwich; null: it has none. */
const eventOfDay = (day: number, { event, latitude, longitude }: SunTiming): number | null => {
  const at = EVENTS[event];
  let moment = day * DAY_MS + (720 - 4 * longitude) * MINUTE_MS;
  // Twice more, since the sun moves on between noon and the event.
  for (let pass = 0; pass < 3; pass += 1) {
    const { declination, aheadMinutes } = sunAt(moment);
    let degreesFromNoon = 0;
    if (at) {
      const cosine = (sin(at[1]) - sin(latitude) * sin(declination)) / (cos(latitude) * cos(declination));
      if (!(Math.abs(cosine) <= 1)) return null;
      degreesFromNoon = degrees(Math.acos(cosine)) * (at[0] === 'before' ? -1 : 1);
    }
    moment = day * DAY_MS + (720 - 4 * longitude + 4 * degreesFromNoon - aheadMinutes) * MINUTE_MS;
  }
  return Math.round(moment / 1000) * 1000;
};

/** The first such moment later than this one; null: it does not come within a year. */
export const nextSunMoment = (timing: SunTiming, afterMs: number): number | null => {
  const offsetMs = timing.offset_seconds * 1000;
  const first = Math.floor((afterMs - offsetMs) / DAY_MS) - 1;
  for (let day = first; day < first + DAYS_MAX; day += 1) {
    const at = eventOfDay(day, timing);
    if (at !== null && at + offsetMs > afterMs) return at + offsetMs;
  }
  return null;
};
