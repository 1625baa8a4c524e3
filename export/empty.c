typedef int export_room;
