/**
 * The words the sample companies' names are made of: region + brand + trade + form, each in Chinese and English.
 * All companies are invented; a likeness to a real one is chance.
 */

export interface Region {
  /** Six-digit administrative division code (GB/T 2260). */
  readonly code: string;
  readonly zh: string;
  readonly en: string;
  /** How often companies of the sample sit here, relative to the others. */
  readonly weight: number;
}

export const REGIONS: readonly Region[] = [
  { code: '310000', zh: '上海', en: 'Shanghai', weight: 9 },
  { code: '110000', zh: '北京', en: 'Beijing', weight: 7 },
  { code: '440300', zh: '深圳', en: 'Shenzhen', weight: 9 },
  { code: '440100', zh: '广州', en: 'Guangzhou', weight: 6 },
  { code: '320500', zh: '苏州', en: 'Suzhou', weight: 8 },
  { code: '330100', zh: '杭州', en: 'Hangzhou', weight: 7 },
  { code: '330200', zh: '宁波', en: 'Ningbo', weight: 5 },
  { code: '320200', zh: '无锡', en: 'Wuxi', weight: 5 },
  { code: '320100', zh: '南京', en: 'Nanjing', weight: 4 },
  { code: '441900', zh: '东莞', en: 'Dongguan', weight: 5 },
  { code: '440600', zh: '佛山', en: 'Foshan', weight: 4 },
  { code: '330300', zh: '温州', en: 'Wenzhou', weight: 3 },
  { code: '350200', zh: '厦门', en: 'Xiamen', weight: 3 },
  { code: '350100', zh: '福州', en: 'Fuzhou', weight: 2 },
  { code: '370200', zh: '青岛', en: 'Qingdao', weight: 4 },
  { code: '370100', zh: '济南', en: 'Jinan', weight: 2 },
  { code: '120000', zh: '天津', en: 'Tianjin', weight: 4 },
  { code: '210200', zh: '大连', en: 'Dalian', weight: 2 },
  { code: '210100', zh: '沈阳', en: 'Shenyang', weight: 2 },
  { code: '220100', zh: '长春', en: 'Changchun', weight: 1 },
  { code: '230100', zh: '哈尔滨', en: 'Harbin', weight: 1 },
  { code: '130100', zh: '石家庄', en: 'Shijiazhuang', weight: 2 },
  { code: '140100', zh: '太原', en: 'Taiyuan', weight: 1 },
  { code: '410100', zh: '郑州', en: 'Zhengzhou', weight: 3 },
  { code: '420100', zh: '武汉', en: 'Wuhan', weight: 5 },
  { code: '430100', zh: '长沙', en: 'Changsha', weight: 3 },
  { code: '340100', zh: '合肥', en: 'Hefei', weight: 4 },
  { code: '360100', zh: '南昌', en: 'Nanchang', weight: 2 },
  { code: '500000', zh: '重庆', en: 'Chongqing', weight: 4 },
  { code: '510100', zh: '成都', en: 'Chengdu', weight: 6 },
  { code: '520100', zh: '贵阳', en: 'Guiyang', weight: 1 },
  { code: '530100', zh: '昆明', en: 'Kunming', weight: 2 },
  { code: '610100', zh: '西安', en: "Xi'an", weight: 4 },
  { code: '620100', zh: '兰州', en: 'Lanzhou', weight: 1 },
  { code: '450100', zh: '南宁', en: 'Nanning', weight: 1 },
  { code: '650100', zh: '乌鲁木齐', en: 'Urumqi', weight: 1 },
];

/** One character of a brand with its reading. */
type Syllable = readonly [zh: string, pinyin: string];

// prettier-ignore
export const BRAND_FIRST: readonly Syllable[] = [
  ['恒', 'Heng'], ['瑞', 'Rui'], ['鑫', 'Xin'], ['盛', 'Sheng'], ['嘉', 'Jia'], ['博', 'Bo'], ['宏', 'Hong'], ['泰', 'Tai'],
  ['永', 'Yong'], ['天', 'Tian'], ['东', 'Dong'], ['海', 'Hai'], ['明', 'Ming'], ['诚', 'Cheng'], ['德', 'De'], ['润', 'Run'],
  ['凯', 'Kai'], ['锦', 'Jin'], ['启', 'Qi'], ['云', 'Yun'], ['智', 'Zhi'], ['维', 'Wei'], ['亿', 'Yi'], ['佳', 'Jia'],
  ['卓', 'Zhuo'], ['广', 'Guang'], ['聚', 'Ju'], ['景', 'Jing'], ['立', 'Li'], ['仁', 'Ren'], ['旭', 'Xu'], ['昊', 'Hao'],
];

// prettier-ignore
export const BRAND_SECOND: readonly Syllable[] = [
  ['远', 'yuan'], ['达', 'da'], ['源', 'yuan'], ['通', 'tong'], ['信', 'xin'], ['利', 'li'], ['丰', 'feng'], ['康', 'kang'],
  ['创', 'chuang'], ['拓', 'tuo'], ['捷', 'jie'], ['和', 'he'], ['宇', 'yu'], ['辰', 'chen'], ['航', 'hang'], ['腾', 'teng'],
  ['翔', 'xiang'], ['洋', 'yang'], ['峰', 'feng'], ['泽', 'ze'], ['成', 'cheng'], ['隆', 'long'], ['兴', 'xing'], ['邦', 'bang'],
  ['岳', 'yue'], ['林', 'lin'], ['川', 'chuan'], ['元', 'yuan'],
];

/** Legal forms; the weight follows how common a form is among companies of this size. */
export const LEGAL_FORMS: readonly { readonly zh: string; readonly en: string; readonly weight: number }[] = [
  { zh: '有限公司', en: 'Co., Ltd.', weight: 78 },
  { zh: '股份有限公司', en: 'Corporation', weight: 14 },
  { zh: '有限责任公司', en: 'Company Limited', weight: 8 },
];

/** The form of a company that heads a group. */
export const GROUP_FORM = { zh: '集团有限公司', en: 'Group Co., Ltd.' } as const;
