/** How outlines over the map are drawn, by what they are. */

import type Feature from 'ol/Feature.js';
import type {fromExtent} from 'ol/geom/Polygon.js';
import {Circle, Fill, Stroke, Style, Text} from 'ol/style.js';
import type {LegendClass, Mark} from './site.ts';
import type {Line} from './state.ts';

export const INK = '#1f2933';
const FONT = '600 13px system-ui, sans-serif';

export function markerStyle(_: unknown, resolution: number): Style[] {
  const width = Math.max(1.5, Math.min(3, 10 / resolution / 8));
  const ring = new Circle({radius: 9, stroke: new Stroke({color: '#fff', width: 4})});
  const inner = new Circle({radius: 9, stroke: new Stroke({color: INK, width: 2})});
  const center = (feature: unknown): never =>
    (feature as Feature<ReturnType<typeof fromExtent>>).getGeometry()!.getInteriorPoint() as never;
  if (10 / resolution > 14) {
    return [
      new Style({stroke: new Stroke({color: '#fff', width: width + 3})}),
      new Style({stroke: new Stroke({color: INK, width})}),
    ];
  }
  return [new Style({geometry: center, image: ring}), new Style({geometry: center, image: inner})];
}

export function tileStyle(name: string): Style {
  return new Style({
    stroke: new Stroke({color: INK, width: 1.5, lineDash: [6, 4]}),
    text: new Text({
      text: name,
      font: FONT,
      fill: new Fill({color: INK}),
      stroke: new Stroke({color: '#fff', width: 4}),
    }),
  });
}

export function outlineStyle(kind: Line, properties: Record<string, unknown>, legend: LegendClass[], steps: Mark<string>[]): Style[] {
  const color = legend.find((one) => one.code === properties.code)?.color ?? '#ffffff';
  switch (kind) {
    case 'units': {
      const right = properties.right === true;
      const fill = new Fill({color});
      const stroke = new Stroke({color: right ? '#ffffff' : '#d0021b', width: right ? 1.5 : 3});
      return [new Style({image: new Circle({radius: right ? 4 : 5.5, fill, stroke})})];
    }
    case 'labels':
      return [new Style({stroke: new Stroke({color, width: 2}), fill: new Fill({color: 'rgba(255,255,255,0.15)'})})];
    case 'alerts': {
      const step = steps.find((one) => one.name === properties.step);
      if (step === undefined) return []; // switched off
      return [
        new Style({stroke: new Stroke({color: INK, width: 3.5})}),
        new Style({stroke: new Stroke({color: step.color, width: 2})}),
      ];
    }
    default:
      return [
        new Style({
          stroke: new Stroke({color: '#7b1fa2', width: 2}),
          text: new Text({
            text: String(properties.name),
            font: FONT,
            fill: new Fill({color: '#4a148c'}),
            stroke: new Stroke({color: '#fff', width: 4}),
            overflow: true,
          }),
        }),
      ];
  }
}
