import { customElement } from 'lit/decorators.js';
import { Part } from '../parts/part';
@customElement('feira-festival')
export class FestivalPage extends Part {}
