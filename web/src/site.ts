/**
 * What a site holds: the types of its JSON files, and how files are fetched or found in the page.
 *
 * A site either lies in a folder, and files are read over HTTP by ranges, or is one HTML file with
 * everything inside it. What belongs here: nothing that draws.
 */

import type {Head} from './head.ts';
import type {VoteFile} from './voteblocks.ts';

export interface StoredFile {
  href: string;
  bytes: number;
}

export interface LegendClass {
  code: number;
  name: string;
  title: string;
  color: string;
  cloud: boolean;
}

export interface Tile {
  tile: string;
  place: string;
  epsg: number;
  x0: number;
  y0: number;
  width: number;
  height: number;
  pixel_m: number;
  /** Ground that another tile of the page shows: left, bottom, right, top. */
  hidden: [number, number, number, number][];
  regions: string[];
}

export interface YearMap {
  tile: string;
  year: number;
  class: StoredFile;
  vote_share: StoredFile;
  observations: StoredFile;
  /** Where the scenes and the rule of the vote are described. */
  details: StoredFile;
  report: string | null;
  /** Class name → hectares that the tile owns. */
  mapped_ha: Record<string, number>;
  no_data_ha: number;
  accuracy: string;
}

export interface Transition {
  from: string;
  to: string;
  /** Grade → hectares on the tile's whole grid. */
  ha: Record<string, number>;
}

export interface Yearly {
  grade: StoredFile;
  from_to: StoredFile;
  posterior: StoredFile;
  changed_on: StoredFile;
  transitions: Transition[];
}

export interface Alerts {
  step: StoredFile;
  probability: StoredFile;
  from_to: StoredFile;
  first_on: StoredFile;
  step_on: StoredFile;
  scenes_until: string;
  /** By step. */
  number: Record<string, number>;
  area_ha: Record<string, number>;
}

/** What is known of change since the year before; a year may have alerts before it has a map. */
export interface TileChange {
  tile: string;
  year: number;
  report: string;
  yearly: Yearly | null;
  alerts: Alerts | null;
}

export type Grade = 'sustained' | 'recent' | 'flicker' | 'insufficient';
export type Step = 'possible' | 'likely' | 'confirmed' | 'rejected';

/** A value of a layer of change: its code, what it is called, its colour. */
export interface Mark<Name extends string> {
  code: number;
  name: Name;
  color: string;
}

export interface Outline {
  kind: 'units' | 'labels' | 'alerts' | 'zones';
  tile: string | null;
  year: number | null;
  file: StoredFile;
}

/** A class in a district, in words. */
export interface DistrictRow {
  title: string;
  color: string;
  mapped: string;
  share: string;
  /** With its interval, or a dash. */
  estimated: string;
}

/** The properties of a district's outline. */
export interface District {
  name: string;
  area: string;
  said: string;
  rows: DistrictRow[];
}

export interface Site {
  format: number;
  title: string;
  attribution: string;
  licence: string;
  home: string | null;
  legend: LegendClass[];
  tiles: Tile[];
  maps: YearMap[];
  changes: TileChange[];
  grades: Mark<Grade>[];
  steps: Mark<Step>[];
  outlines: Outline[];
}

export interface Rule {
  strategy: 'weighted_mode' | 'plain_mode' | 'mean_probability' | 'latest';
  /** First day of a part of the year, MMDD → weights by code, in 1/256. */
  parts: Record<string, number[]>;
  flag_masked_pct: number;
  flag_ground_pct: number;
  flag_min_dates: number;
  min_mapping_unit_px: number;
  /** The learned vote that decided where it could; null: the plain vote did. */
  head: Head | null;
}

export interface Photo extends StoredFile {
  extent: [number, number, number, number];
}

export interface Scene {
  id: string;
  date: string;
  datatake: string;
  class: StoredFile;
  probability: StoredFile;
  photo: Photo | null;
}

export interface Details {
  rule: Rule;
  scenes: Scene[];
  /** What the map and these scenes say of every pixel. */
  votes: VoteFile;
}

type Embedded = Record<string, string>;

let embedded: Embedded | undefined;

function insidePage(): Embedded {
  if (embedded === undefined) {
    const text = document.getElementById('files')?.textContent;
    embedded = text ? (JSON.parse(text) as Embedded) : {};
  }
  return embedded;
}

function decode(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let place = 0; place < text.length; place++) bytes[place] = text.charCodeAt(place);
  return bytes;
}

/** The bytes of a file that lies inside the page, or undefined where it has to be fetched. */
export function embeddedBytes(href: string): Uint8Array<ArrayBuffer> | undefined {
  const base64 = insidePage()[href];
  return base64 === undefined ? undefined : decode(base64);
}

/** A file's address for an `img`. */
export function imageUrl(href: string): string {
  const base64 = insidePage()[href];
  return base64 === undefined ? href : `data:image/jpeg;base64,${base64}`;
}

const fetched = new Map<string, Promise<unknown>>();

/** A JSON file of the site; asked for once. */
export function readJson<T>(href: string): Promise<T> {
  let found = fetched.get(href);
  if (found === undefined) {
    found = load(href);
    fetched.set(href, found);
    found.catch(() => fetched.delete(href));
  }
  return found as Promise<T>;
}

async function load(href: string): Promise<unknown> {
  const bytes = embeddedBytes(href);
  if (bytes !== undefined) return JSON.parse(new TextDecoder().decode(bytes));
  const answer = await fetch(href);
  if (!answer.ok) throw new Error(`${href}: ${answer.status}`);
  return answer.json();
}
